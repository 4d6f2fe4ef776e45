"""What a refund made, against what was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.agents.tool_result import Result, anything, compared, kept
from bot.domain import sentences
from countersign.teams.support.refunds import refund_differs

ASKED = {"invoice_id": "INV-1003", "amount": "100.20", "currency": "USD", "reason": "late"}


def made(**changes: object) -> str:
    return json.dumps({"refund_id": "rf_1", "amount": "100.20", "currency": "USD"} | changes)


@pytest.mark.parametrize("amount", ["100.20", "100.2", 100.2, "100.200"], ids=repr)
def test_the_same_sum_is_what_was_asked_for(amount: object) -> None:
    assert compared(refund_differs, ASKED, made(amount=amount)) == Result(made(amount=amount))


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

    assert result == Result(made(**changes), told)
    assert result.told == f"NOT AS ASKED: {told}\n{made(**changes)}"


def test_what_cannot_be_compared_is_not_taken_for_the_same() -> None:
    assert "could not be checked" in compared(refund_differs, ASKED, "done").difference


@pytest.mark.parametrize("said", [None, 0, {"amount": "1.00"}], ids=repr)
def test_a_comparison_that_says_nothing_readable_is_one_that_could_not_be_made(said: Any) -> None:
    assert compared(lambda arguments, result: said, ASKED, made()).difference == sentences.NOT_COMPARED


def test_a_difference_is_told_on_one_line_and_the_result_of_any_other_tool_as_it_is() -> None:
    def two_lines(arguments: Mapping[str, Any], result: str) -> str:
        del arguments, result
        return "one\ntwo"

    assert compared(two_lines, {}, "x") == Result("x", "one two")
    assert compared(anything, {}, "x") == Result("x")


def test_a_tool_whose_own_words_are_those_of_a_difference_differs_in_nothing() -> None:
    own = "NOT AS ASKED: is how this tool begins\nwhatever it says"

    assert compared(anything, {}, own) == Result(own)
    assert kept(own, "") == Result(own)


def test_what_an_earlier_release_kept_in_one_text_is_read_as_two() -> None:
    assert kept("NOT AS ASKED: 1 for 2\n{}", None) == Result("{}", "1 for 2")
    assert kept("{}", None) == Result("{}")
