"""The rules of an approval, as pure functions."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.approval import (
    Approval,
    ApprovalStatus,
    Requirement,
    Verdict,
    canonical,
    decide,
    digest,
    expire,
    withdraw,
)
from bot.errors import AlreadyDecided, ApprovalExpired, DecisionRefused, NotAnApprover, SelfApproval
from tests.factories import ANA, FINANCE, MEI, NOON, OMAR, THEO, a_decision, an_approval

TWO = Requirement(role="finance", why="Refunds over 10,000.00 need two of finance.", quorum=2)


def test_one_approval_is_enough_where_one_is_asked_for() -> None:
    approved = decide(an_approval(), a_decision(), approvers=FINANCE)

    assert (approved.status, approved.closed_at) == (ApprovalStatus.APPROVED, NOON + timedelta(hours=1))


def test_one_rejection_closes_it_with_its_reason() -> None:
    rejected = decide(an_approval(), a_decision(MEI, Verdict.REJECT, reason="duplicate"), approvers=FINANCE)

    assert rejected.status is ApprovalStatus.REJECTED
    assert rejected.decisions[-1].reason == "duplicate"


@pytest.mark.parametrize(
    ("changes", "by", "at", "approvers", "refusal"),
    [
        ({}, ANA, NOON, FINANCE | {ANA}, SelfApproval),
        ({"authors": (ANA, OMAR)}, OMAR, NOON, FINANCE, SelfApproval),
        ({}, THEO, NOON, FINANCE, NotAnApprover),
        ({}, OMAR, NOON, frozenset[str](), NotAnApprover),
        ({}, OMAR, NOON + timedelta(days=1), FINANCE, ApprovalExpired),
        ({"status": ApprovalStatus.WITHDRAWN}, OMAR, NOON, FINANCE, AlreadyDecided),
        ({"status": ApprovalStatus.EXPIRED}, OMAR, NOON, FINANCE, AlreadyDecided),
        ({"status": ApprovalStatus.APPROVED}, MEI, NOON, FINANCE, AlreadyDecided),
    ],
    ids=["requester", "co-author", "outsider", "nobody may", "too late", "withdrawn", "expired", "decided"],
)
def test_a_click_that_does_not_count_says_why(
    changes: dict[str, object],
    by: str,
    at: object,
    approvers: frozenset[str],
    refusal: type[DecisionRefused],
) -> None:
    with pytest.raises(refusal):
        decide(an_approval(**changes), a_decision(by, at=at), approvers=approvers)


def test_one_person_counts_once_however_often_they_click() -> None:
    once = decide(an_approval(requirement=TWO), a_decision(OMAR), approvers=FINANCE)
    twice = decide(once, a_decision(OMAR), approvers=FINANCE)

    assert (twice.status, len(twice.decisions)) == (ApprovalStatus.PENDING, 1)


def test_two_people_meet_a_quorum_of_two() -> None:
    once = decide(an_approval(requirement=TWO), a_decision(OMAR), approvers=FINANCE)

    assert decide(once, a_decision(MEI), approvers=FINANCE).status is ApprovalStatus.APPROVED


def test_the_deadline_itself_is_too_late() -> None:
    approval = an_approval()

    assert expire(approval, at=approval.expires_at - timedelta(seconds=1)) == approval
    assert expire(approval, at=approval.expires_at).status is ApprovalStatus.EXPIRED


def test_nothing_changes_a_closed_approval() -> None:
    closed = decide(an_approval(), a_decision(), approvers=FINANCE)

    assert expire(closed, at=NOON + timedelta(days=9)) == closed
    assert withdraw(closed, at=NOON) == closed


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_canonical_arguments_read_back_and_do_not_depend_on_order(arguments: dict[str, object]) -> None:
    backwards = dict(reversed(arguments.items()))

    assert json.loads(canonical(arguments)) == arguments
    assert canonical(arguments) == canonical(backwards)


@given(st.text(), st.text(), st.text(), st.text())
def test_two_different_calls_never_share_a_digest(tool: str, a: str, other: str, b: str) -> None:
    same = (tool, a) == (other, b)

    assert (digest(tool, canonical({"x": a})) == digest(other, canonical({"x": b}))) == same


class ApprovalLife(RuleBasedStateMachine):
    """Anyone may click at any time, deadlines come and threads are reset, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.approval: Approval = an_approval(requirement=TWO)
        self.now = NOON
        self.finals: set[ApprovalStatus] = set()

    @rule(by=st.sampled_from([ANA, OMAR, MEI, THEO]), verdict=st.sampled_from(Verdict))
    def clicks(self, by: str, verdict: Verdict) -> None:
        before = self.approval
        try:
            self.approval = decide(before, a_decision(by, verdict, at=self.now), approvers=FINANCE)
        except DecisionRefused:
            assert by not in FINANCE or before.is_final or self.now >= before.expires_at

    @rule(hours=st.integers(0, 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def deadline_is_checked(self) -> None:
        self.approval = expire(self.approval, at=self.now)

    @rule()
    def thread_is_reset(self) -> None:
        self.approval = withdraw(self.approval, at=self.now)

    @invariant()
    def has_at_most_one_final_state(self) -> None:
        if self.approval.is_final:
            self.finals.add(self.approval.status)
        assert len(self.finals) <= 1

    @invariant()
    def is_approved_only_by_enough_eligible_people_in_time(self) -> None:
        if self.approval.status is ApprovalStatus.APPROVED:
            people = {d.by for d in self.approval.decisions if d.verdict is Verdict.APPROVE}
            assert people <= FINANCE
            assert len(people) >= TWO.quorum
            assert all(d.at < self.approval.expires_at for d in self.approval.decisions)


test_life_of_an_approval = ApprovalLife.TestCase
