"""Names of side effects: the same after everything was forgotten, and never the same for two wishes."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from bot.agents.context import Permit
from bot.agents.tools.call_arguments import written
from bot.conversation.permits import named
from bot.domain.effects import Asked, name, names
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from countersign.teams.support.refunds import refund_tool, refunds_over
from tests.factories import THREAD

MESSAGE = "msg:C0SUPPORT1:1.1"
TWENTY, THIRTY = Asked("refund", '{"amount":"20.00"}'), Asked("refund", '{"amount":"30.00"}')


def test_a_run_that_is_repeated_names_what_it_does_as_before() -> None:
    assert names(THREAD, MESSAGE, [TWENTY, THIRTY]) == names(THREAD, MESSAGE, [TWENTY, THIRTY])


def test_the_order_in_which_a_model_writes_its_calls_does_not_matter() -> None:
    calls = [TWENTY, THIRTY, TWENTY]
    as_named = {tuple(sorted(names(THREAD, MESSAGE, p))) for p in itertools.permutations(calls)}

    assert len(as_named) == 1


def test_calls_of_one_step_and_of_several_are_counted_alike() -> None:
    together = names(THREAD, MESSAGE, [TWENTY, TWENTY, TWENTY])
    one_by_one: list[str] = []
    for _ in range(3):
        one_by_one += names(THREAD, MESSAGE, [TWENTY], behind=one_by_one)

    assert one_by_one == together
    assert len(set(together)) == 3


def test_what_was_not_made_is_not_counted() -> None:
    first, second = names(THREAD, MESSAGE, [TWENTY, TWENTY])

    assert names(THREAD, MESSAGE, [TWENTY], behind=[second]) == [first]


@pytest.mark.parametrize(
    "other",
    [
        (ThreadRef("T0OTHER001", THREAD.channel, THREAD.thread_ts), MESSAGE, TWENTY),
        (ThreadRef(THREAD.team, "C0OTHER001", THREAD.thread_ts), MESSAGE, TWENTY),
        (ThreadRef(THREAD.team, THREAD.channel, "9.9"), MESSAGE, TWENTY),
        (THREAD, "msg:C0SUPPORT1:1.2", TWENTY),
        (THREAD, MESSAGE, Asked("give", TWENTY.identity)),
        (THREAD, MESSAGE, THIRTY),
    ],
    ids=["workspace", "channel", "thread", "message", "tool", "arguments"],
)
def test_another_wish_has_another_name(other: tuple[ThreadRef, str, Asked]) -> None:
    assert name(*other) != name(THREAD, MESSAGE, TWENTY)


def test_what_an_earlier_release_called_a_call_is_not_looked_for_once_this_one_has_made_one_like_it() -> None:
    """Some Chat Completions servers count their call ids from zero in every answer."""
    permits, asked = {"call_0": Permit("refund", "d1", TWENTY.identity)}, {"call_0": TWENTY}
    first = named(THREAD, ThreadState(run_id=MESSAGE), permits, asked)["call_0"]
    second = named(THREAD, ThreadState(run_id=MESSAGE, effects=(first.effect,)), permits, asked)["call_0"]

    assert (bool(first.former), second.former) == (True, "")
    assert first.effect != second.effect


REFUND = {"invoice_id": "INV-1003", "amount": "20.00", "currency": "USD", "reason": "late"}


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"reason": "It came late"}, True),
        ({"amount": "20"}, True),
        ({"amount": "20.0"}, True),
        ({"amount": "20.01"}, False),
        ({"invoice_id": "INV-1004"}, False),
        ({"currency": "EUR"}, False),
        ({"amount": "many"}, False),
        ({"amount": None}, False),
        ({"amount": [20]}, False),
    ],
    ids=str,
)
def test_a_refund_is_the_same_however_a_model_words_it(changes: dict[str, object], is_same: bool) -> None:
    tool = refund_tool(refunds_over(Decimal(20), two_over=Decimal(100)))

    once, again = (tool.told_apart(written(tool.form, asked)) for asked in (REFUND, REFUND | changes))
    assert (once == again) is is_same


@pytest.mark.parametrize("arguments", ["{}", '{"(not JSON)":"x"}', '{"amount":"1.00"}'])
def test_arguments_that_are_none_of_a_refund_are_told_apart_as_they_are(arguments: str) -> None:
    tool = refund_tool(refunds_over(Decimal(20), two_over=Decimal(100)))

    assert tool.told_apart(arguments) == arguments
