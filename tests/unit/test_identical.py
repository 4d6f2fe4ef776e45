"""Calls that are the same and asked for at once are told apart, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.approvals.approval import ApprovalStatus, Edit, Offers, canonical
from bot.domain.approvals.identical import told_apart
from bot.domain.approvals.transitions import authorize, decide, edit
from bot.domain.errors import CardOutdated
from bot.slack.card_words import headline_of
from tests.factories import MEI, NOON, OMAR, a_decision, an_approval, seated

ONE, OTHER = an_approval(id="03-a", call_id="a"), an_approval(id="03-b", call_id="b")
THIRD = an_approval(id="03-c", call_id="c", arguments=canonical({"amount": "31.00"}))


def test_two_that_are_the_same_have_numbers_and_other_fingerprints_while_a_third_is_left_alone() -> None:
    first, third, second = told_apart([ONE, THIRD, OTHER])

    assert [(one.twin, one.twins) for one in (first, second, third)] == [(1, 2), (2, 2), (1, 1)]
    assert len({first.shown, second.shown, ONE.shown}) == 3
    assert third == THIRD
    assert headline_of(first).endswith("29.00 USD (1 of 2 identical)")
    assert "identical" not in headline_of(third)


def test_one_that_is_refused_at_once_is_no_twin() -> None:
    refused = replace(OTHER, status=ApprovalStatus.REFUSED)

    assert told_apart([ONE, refused]) == [ONE, refused]


def test_a_click_on_one_does_not_count_for_the_other_and_what_runs_is_its_own_call() -> None:
    first, second = told_apart([ONE, OTHER])
    with pytest.raises(CardOutdated):
        decide(second, a_decision(digest=first.shown), seats=seated(OMAR))
    approved = decide(first, a_decision(digest=first.shown), seats=seated(OMAR))

    authorize(approved, ONE.asked_digest)
    assert approved.status is ApprovalStatus.APPROVED


def test_one_that_was_changed_is_no_twin_to_look_at_any_more() -> None:
    first, _ = told_apart([replace(ONE, offers=Offers(editable=("amount",))), OTHER])
    after = ONE.arguments.replace("29.00", "25.00")
    changed = edit(
        first, Edit(MEI, NOON, first.arguments, after), digest=first.shown, seats=seated(MEI), needs=()
    )

    assert headline_of(changed).endswith("25.00 USD")
