"""The types of arguments: what they take, the one form that they give it, and what they say of the rest."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from agents import RunContextWrapper, function_tool
from agents.function_schema import function_schema
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bot.domain.numbers import number
from countersign import Amount, Currency, Day, Matching, Money

InvoiceId = Annotated[str, Matching("INV-[0-9]{4,8}", "an invoice's number, such as INV-1003")]


class Pay(BaseModel):
    """Arguments of every type."""

    invoice_id: InvoiceId = "INV-1003"
    amount: Money = Decimal(29)
    yen: Annotated[Decimal, Amount(0, below=Decimal(1_000_000))] = Decimal(29)
    currency: Currency = "USD"
    on: Day = date(2026, 12, 21)


def read(**given: Any) -> dict[str, Any]:
    """The arguments in their one form."""
    return Pay.model_validate(given).model_dump(mode="json", exclude_unset=True)


def test_an_amount_has_one_form() -> None:
    for written, shown in [
        ("29.00", "29.00"),
        ("29", "29.00"),
        (29, "29.00"),
        (29.5, "29.50"),
        ("0.01", "0.01"),
    ]:
        assert read(amount=written) == {"amount": shown}
        assert read(amount=shown) == {"amount": shown}


#: How models, people and attackers write amounts.
NO_AMOUNTS = [
    *(
        "1,480.00",
        "$29",
        "29 USD",
        "25 USD",
        "abc",
        "29.005",
        "0.00",
        "0",
        "-5",
        "-0.00",
        "+5",
        "",
        " ",
        " 29",
        "29 ",
    ),
    *(
        "1e3",
        "1E3",
        "1e-2",
        "1_000",
        "0x1d",
        "0b11",
        "007",
        "29.",
        ".5",
        "29,00",
        "1.480,00",
        "1'480",
        "1 480.00",
    ),
    *(
        "٢٩",
        "99٠0",
        "２９",
        "29．00",
        "²9",
        "Ⅸ",
        "½",
        "29\n",
        "2\u200b9",
        "29\u202e",
        "NaN",
        "Infinity",
        "null",
        "29/2",
    ),
    *("1000000000000", "9" * 40, "9" * 100_000, "0.001", "29.000001"),
    *(
        None,
        True,
        False,
        [],
        [29],
        {},
        {"amount": 29},
        1e22,
        float("inf"),
        float("nan"),
        -1,
        0,
        10**30,
        29.005,
    ),
]


@pytest.mark.parametrize("written", NO_AMOUNTS, ids=range(len(NO_AMOUNTS)))
def test_whatever_else_is_written_is_no_amount_and_the_words_say_what_is(written: object) -> None:
    with pytest.raises(ValidationError) as refused:
        read(amount=written)

    (problem,) = refused.value.errors()
    assert "such as 29.00" in problem["msg"]


@given(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.decimals(allow_nan=True).map(str)))
def test_what_is_read_of_an_amount_is_what_is_written_of_it(written: object) -> None:
    try:
        shown = read(amount=written)["amount"]
    except ValidationError:
        return
    assert read(amount=shown)["amount"] == shown
    assert shown.isascii()
    assert Decimal(shown) == Decimal(str(written)) > 0


@pytest.mark.parametrize("written", ["29.5", 29.25, "1000000"])
def test_an_amount_of_yen_has_no_decimals(written: object) -> None:
    assert read(yen="29") == {"yen": "29"}
    with pytest.raises(ValidationError):
        read(yen=written)


@pytest.mark.parametrize(
    "written", ["..", "INV-1003\n", "INV-١٠٠٣", "inv-1003", "INV-1003/../x", "", None, 1003]
)
def test_an_id_is_what_its_pattern_says_from_end_to_end(written: object) -> None:
    with pytest.raises(ValidationError, match="an invoice's number, such as INV-1003"):
        read(invoice_id=written)


@pytest.mark.parametrize("written", ["usd", "US", "USDT", "US$", "ＵＳＤ", None])
def test_a_currency_has_three_letters(written: object) -> None:
    with pytest.raises(ValidationError):
        read(currency=written)


@pytest.mark.parametrize(
    "written",
    ["2026-2-1", "20261221", "2026-W52-1", "21.12.2026", "2026-02-30", "1798761600", 0, None, "٢٠٢٦-12-21"],
)
def test_a_day_is_written_in_one_way(written: object) -> None:
    assert read(on="2026-12-21") == {"on": "2026-12-21"}
    with pytest.raises(ValidationError, match="such as 2026-12-21"):
        read(on=written)


def test_a_tool_gets_the_values_and_the_model_a_schema_with_patterns() -> None:
    async def pay(ctx: RunContextWrapper[Any], invoice_id: InvoiceId, amount: Money, on: Day) -> str:
        """Pay."""
        return ""

    schema = function_tool(pay).params_json_schema["properties"]
    made = function_schema(pay).params_pydantic_model.model_validate(
        {"invoice_id": "INV-1003", "amount": 29, "on": "2026-12-21"}
    )

    assert (schema["invoice_id"]["type"], schema["invoice_id"]["pattern"]) == ("string", "^(INV-[0-9]{4,8})$")
    assert (schema["amount"]["type"], schema["on"]["format"]) == ("string", "date")
    assert made.model_dump() == {
        "invoice_id": "INV-1003",
        "amount": Decimal("29.00"),
        "on": date(2026, 12, 21),
    }


@given(st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.booleans(), st.none()))
def test_a_number_is_what_people_read_as_the_same_number(value: object) -> None:
    found = number(value)

    if found is not None:
        text = value if isinstance(value, str) else json.dumps(value)
        assert text.isascii()
        assert set(text) <= set("-.0123456789")
        assert found == Decimal(text)
