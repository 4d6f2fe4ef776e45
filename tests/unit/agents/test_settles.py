"""What a refund made, against what was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.agents.tools.billing import refund_differs
from bot.agents.tools.settles import anything, compared, differs

ASKED = {"invoice_id": "INV-1003", "amount": "100.20", "currency": "USD", "reason": "late"}


def made(**changes: object) -> str:
    return json.dumps({"refund_id": "rf_1", "amount": "100.20", "currency": "USD"} | changes)


@pytest.mark.parametrize("amount", ["100.20", "100.2", 100.2, "100.200"], ids=repr)
def test_the_same_sum_is_what_was_asked_for(amount: object) -> None:
    assert compared(refund_differs, ASKED, made(amount=amount)) == made(amount=amount)
    assert differs(made(amount=amount)) == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": "101.20"}, "101.20 USD were refunded, where 100.20 USD were asked for."),
        ({"amount": "10020"}, "10020 USD were refunded, where 100.20 USD were asked for."),
        ({"amount": "-100.20"}, "-100.20 USD were refunded, where 100.20 USD were asked for."),
        ({"currency": "EUR"}, "100.20 EUR were refunded, where 100.20 USD were asked for."),
    ],
    ids=str,
)
def test_another_sum_is_said_first(changes: dict[str, object], told: str) -> None:
    result = compared(refund_differs, ASKED, made(**changes))

    assert differs(result) == told
    assert result.endswith(made(**changes))


def test_what_cannot_be_compared_is_not_taken_for_the_same() -> None:
    assert "could not be checked" in differs(compared(refund_differs, ASKED, "done"))


def test_a_difference_is_told_on_one_line_and_the_result_of_any_other_tool_as_it_is() -> None:
    def two_lines(arguments: Mapping[str, Any], result: str) -> str:
        del arguments, result
        return "one\ntwo"

    assert differs(compared(two_lines, {}, "x")) == "one two"
    assert compared(anything, {}, "x") == "x"
