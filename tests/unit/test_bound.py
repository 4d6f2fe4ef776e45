"""How far people agree in advance: to this target, this sum and this many calls, all of which stand on the button."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.approvals.approval import Approval, Offers, Verdict, canonical
from bot.domain.approvals.bound import Acts, Bound, RestOfRun, bound_of
from bot.domain.approvals.grants import grant, passed_on
from bot.domain.approvals.preview import Preview
from bot.domain.approvals.transitions import decide
from bot.domain.tool_title import LONGEST
from bot.slack import limits
from bot.slack.rest_of_run import button, label, question
from tests.factories import OMAR, a_decision, an_approval, seated

ACTS = Acts("invoice_id", "amount", "currency")
GIVEN = {"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD"}
BOUND = Bound(3, ACTS, "INV-1003", "100.00", "USD")


@pytest.mark.parametrize(
    ("call", "before", "reaches"),
    [
        ({}, (), True),
        ({"amount": "100.00"}, (), True),
        ({"amount": "100.01"}, (), False),
        ({"amount": "50.00"}, ("50.00",), True),
        ({"amount": "50.00"}, ("50.01",), False),
        ({"amount": "0.01"}, ("33.33", "33.33", "33.33"), False),
        ({"amount": "9999.00", "currency": "EUR", "invoice_id": "INV-1006"}, (), False),
        ({"invoice_id": "INV-1004"}, (), False),
        ({"invoice_id": None}, (), False),
        ({"currency": "EUR"}, (), False),
        ({"amount": "-5"}, (), False),
        ({"amount": "1e1"}, (), False),
        ({"amount": None}, (), False),
        ({}, ("",), False),
    ],
)
def test_it_reaches_as_far_as_the_button_says(
    call: dict[str, Any], before: tuple[str, ...], reaches: bool
) -> None:
    assert BOUND.holds(canonical(GIVEN | call), before) is reaches


def test_a_tool_that_names_nothing_is_bounded_by_a_count_alone() -> None:
    bound = bound_of(RestOfRun(calls=2), Acts(), {"anything": 1})

    assert bound == Bound(2)
    assert [Bound(2).holds("{}", before) for before in ((), ("",), ("", ""))] == [True, True, False]


@pytest.mark.parametrize(
    ("rest", "arguments", "bound"),
    [
        (RestOfRun(calls=3, up_to=Decimal("100.00")), GIVEN, BOUND),
        (RestOfRun(), GIVEN, Bound(5, ACTS, "INV-1003", "29.00", "USD")),
        (None, GIVEN, None),
        (RestOfRun(), GIVEN | {"invoice_id": "x" * 41}, None),
        (RestOfRun(), GIVEN | {"invoice_id": ""}, None),
        (RestOfRun(), {"amount": "29.00", "currency": "USD"}, None),
        (RestOfRun(), GIVEN | {"amount": "abc"}, None),
    ],
)
def test_what_cannot_stand_on_a_button_is_not_offered(
    rest: RestOfRun | None, arguments: dict[str, Any], bound: Bound | None
) -> None:
    assert bound_of(rest, ACTS, arguments) == bound


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (BOUND, "Approve, and up to 100.00 USD more on INV-1003 in this run"),
        (Bound(5), "Approve, and up to 5 more in this run"),
        (Bound(5, Acts("who"), "U0ANA00001"), "Approve, and up to 5 more on U0ANA00001 in this run"),
        (Bound(5, ACTS, "x" * 40, "999999999999.99", "USD"), "Approve, and up to 5 more in this run"),
    ],
)
@pytest.mark.parametrize("named", ["Refund 29.00 USD to Hazel & Co, INV-1003", "Refund to Hazel " * 20])
def test_the_button_says_all_of_it_itself_or_with_its_question(bound: Bound, words: str, named: str) -> None:
    approval = an_approval(title="t" * LONGEST, preview=Preview(named))
    built = button(approval, bound, "value")

    assert label(bound) == words
    assert len(words) <= limits.BUTTON_TEXT
    assert built["text"]["text"] == words
    asked = built["confirm"]["text"]["text"]
    assert question(approval, bound) in asked
    assert named[:20] in asked
    assert all(part in asked for part in (str(bound.calls), bound.target, bound.currency))
    assert not bound.up_to or f"{Decimal(bound.up_to):,}" in asked


def rest(up_to: str = "100.00") -> Approval:
    offers = Offers(rest_of_run=True, bound=Bound(3, ACTS, "INV-1003", up_to, "USD"))
    return an_approval(offers=offers, run_id="r1")


def test_each_call_that_is_granted_leaves_less_for_the_next() -> None:
    by = decide(rest(), a_decision(OMAR, Verdict.APPROVE_REST, digest=rest().digest), seats=seated(OMAR))
    granted: list[bool] = []
    for amount in ("60.00", "41.00", "40.00", "0.01"):
        later = an_approval(
            id=amount, offers=rest().offers, run_id="r1", arguments=canonical(GIVEN | {"amount": amount})
        )
        granted.append(bool(grant(later, by).granted_by))
        by = passed_on(by, later) if granted[-1] else by

    assert granted == [True, False, True, False]
    assert by.passed_on == ("60.00", "40.00")


@pytest.mark.parametrize("bad", [{"calls": 0}, {"calls": 101}, {"up_to": Decimal(0)}])
def test_a_bound_that_is_none_is_refused_at_once(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a bound is"):
        RestOfRun(**bad)
