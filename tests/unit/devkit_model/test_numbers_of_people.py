"""Numbers as people of several countries write them, for any tool: read as meant, or not read at all."""

from __future__ import annotations

import pytest

from devkit.model import rules, values
from devkit.model.dialogue import Answer, Dialogue, Entry, Tool

GIVE = Tool(
    "give_bonus",
    "Give a bonus to an employee.",
    {
        "type": "object",
        "properties": {"amount": {"type": "string", "description": "How much, such as 29.00."}},
        "required": ["amount"],
    },
)


def ask(text: str) -> Answer:
    tools = {one.name: one for one in (GIVE, Tool("transfer_to_triage"))}
    return rules.answer(Dialogue("", (Entry("user", text),), tools))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        *(("1.480,00 EUR", "1480.00"), ("€1.480,50", "1480.50"), ("1 480,00 EUR", "1480.00")),
        *(("12'500 CHF", "12500"), ("12’500.00 EUR", "12500.00"), ("1\u202f480,00 €", "1480.00")),
        *(("1.000.000,00 EUR", "1000000.00"), ("1,00,000 INR", "100000"), ("29,- EUR", "29")),
        *(("1,000,000.00 USD", "1000000.00"), ("–5 EUR", "-5"), ("1.2k USD", "1200.0"), ("٢٩ EUR", "29")),
    ],
)
def test_a_number_is_read_as_it_was_meant(text: str, read: str) -> None:
    assert [str(value) for _, value in values.numbers(text)] == [read]


@pytest.mark.parametrize(
    "text",
    ["1,4800", "5- EUR", "5 grand", "2 million EUR", "1,5 Mio EUR", "1.000.000 EUR", "1e3", "1_000", "1,2,3"],
)
def test_a_number_that_is_written_otherwise_is_none_rather_than_a_part_of_it(text: str) -> None:
    assert values.numbers(text) == []


@pytest.mark.parametrize(
    ("text", "amount"),
    [("give a bonus of 1.480,00 EUR", "1480.00"), ("give a bonus of 12'500 CHF", "12500.00")],
)
def test_a_call_has_the_amount_that_was_meant(text: str, amount: str) -> None:
    assert [dict(call.arguments) for call in ask(text).calls] == [{"amount": amount}]


@pytest.mark.parametrize("text", ["give a bonus of 1.480 EUR", "give a bonus of 5 grand"])
def test_an_amount_that_can_be_read_in_two_ways_is_asked_for(text: str) -> None:
    answer = ask(text)

    assert answer.calls == ()
    assert "I still need" in answer.text


@pytest.mark.parametrize(
    "text", ["don't give a bonus of 5 EUR", "please don't give a bonus", "no, don’t give the bonus of 5 EUR"]
)
def test_who_says_not_to_is_not_answered_with_doing_it(text: str) -> None:
    answer = ask(text)

    assert answer.calls == ()
    assert "Nothing was done" in answer.text


def test_who_says_not_to_forget_wants_it_done() -> None:
    assert [call.name for call in ask("don't forget to give a bonus of 5 EUR").calls] == ["give_bonus"]
