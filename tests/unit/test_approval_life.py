"""The life of an approval, whatever people, clocks and resets do to it, in any order."""

from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.approval import (
    APPROVING,
    Approval,
    ApprovalStatus,
    Edit,
    Ending,
    Execution,
    Offers,
    Verdict,
    authorize,
    canonical,
    decide,
    edit,
    escalate,
    executed,
    expire,
    withdraw,
)
from bot.errors import DecisionRefused, NotAuthorized
from bot.quorum import Seat
from bot.requirement import Requirement
from tests.factories import ANA, MEI, NOON, OMAR, THEO, a_decision, an_approval

ZOE = "U0ZOE00001"
ROLES = {OMAR: {"finance"}, MEI: {"finance", "legal"}, ZOE: {"legal"}, THEO: set[str](), ANA: {"finance"}}
PEOPLE = [*sorted(ROLES), OMAR, MEI, ZOE]
NEEDS = (
    Requirement("finance", "Money.", quorum=2, escalate_to="owners"),
    Requirement("legal", "Law."),
)
AMOUNTS = ("29.00", "25.00", "31.00")


class ApprovalLife(RuleBasedStateMachine):
    """Request, decide, edit, expire, withdraw, execute: with people who may, may not, and stand in."""

    def __init__(self) -> None:
        super().__init__()
        offers = Offers(editable=("amount",), rest_of_run=True)
        self.approval: Approval = an_approval(requirements=NEEDS, offers=offers)
        self.asked_digest = self.approval.digest
        self.seen = [self.approval.digest]
        self.now = NOON
        self.finals: set[ApprovalStatus] = set()
        self.ran: list[str] = []

    def seats(self, by: str, holder: str) -> list[Seat]:
        own = [Seat(by, tuple(sorted(ROLES[by])))] if ROLES[by] else []
        lent = [Seat(holder, tuple(sorted(ROLES[holder])))] if holder != by and ROLES[holder] else []
        return own + lent

    @rule(
        by=st.sampled_from(PEOPLE),
        holder=st.sampled_from([*PEOPLE, OMAR]),
        verdict=st.sampled_from([*[Verdict.APPROVE] * 12, Verdict.APPROVE_REST, *Verdict]),
        card=st.sampled_from([0, 0, 0, 0, 1, 2]),
    )
    def clicks(self, by: str, holder: str, verdict: Verdict, card: int) -> None:
        before = self.approval
        shown = self.seen[-1 - card % len(self.seen)]
        decision = a_decision(by, verdict, at=self.now, digest=shown)
        try:
            self.approval = decide(before, decision, seats=self.seats(by, holder))
        except DecisionRefused:
            assert self.approval is before
        else:
            assert not before.is_final
            assert self.now < before.expires_at
            assert shown == before.digest

    @rule(by=st.sampled_from(PEOPLE), amount=st.sampled_from(AMOUNTS), card=st.integers(0, 3))
    def edits(self, by: str, amount: str, card: int) -> None:
        before = self.approval
        after = canonical(json.loads(before.arguments) | {"amount": amount})
        shown = self.seen[-1 - card % len(self.seen)]
        try:
            self.approval = edit(
                before,
                Edit(by, self.now, before.arguments, after),
                digest=shown,
                seats=self.seats(by, by),
                needs=NEEDS,
            )
        except DecisionRefused:
            return
        assert by in self.approval.authors
        self.seen.append(self.approval.digest)

    @rule(hours=st.sampled_from([0, 1, 2, 9]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def the_deadline_is_checked(self) -> None:
        self.approval = expire(self.approval, at=self.now)

    @rule()
    def the_backup_joins(self) -> None:
        self.approval = escalate(self.approval, "finance")

    @precondition(lambda self: self.now > NOON + timedelta(hours=12))
    @rule()
    def the_thread_is_reset(self) -> None:
        self.approval = withdraw(self.approval, at=self.now, why="The thread was reset.")

    @rule(forged=st.booleans(), ending=st.sampled_from([Ending.DONE, Ending.FAILED]))
    def the_tool_runs(self, forged: bool, ending: Ending) -> None:
        before = self.approval
        try:
            authorize(before, "0" * 64 if forged else self.asked_digest)
        except NotAuthorized:
            return
        assert not forged
        self.ran.append(before.digest)
        self.check_authority(before)
        self.approval = executed(before, Execution(ending, self.now))

    def check_authority(self, approval: Approval) -> None:
        """What ran was approved, in time, by enough different people who may, and who saw just that."""
        assert approval.status is ApprovalStatus.APPROVED
        givers = [d for d in approval.decisions if d.verdict in APPROVING]
        assert all(d.digest == approval.digest and d.at < approval.expires_at for d in givers)
        people, holders = {d.by for d in givers}, {d.holder for d in givers}
        assert len(people) == len(holders) == len(givers) >= 3
        assert not (people | holders) & {ANA, *approval.authors}
        assert sum("finance" in ROLES[d.holder] for d in givers) >= 2
        assert sum("legal" in ROLES[d.holder] for d in givers) >= 1

    @invariant()
    def has_at_most_one_final_state(self) -> None:
        if self.approval.is_final:
            self.finals.add(self.approval.status)
        assert len(self.finals) <= 1

    @invariant()
    def is_approved_only_with_authority(self) -> None:
        if self.approval.status is ApprovalStatus.APPROVED:
            self.check_authority(self.approval)

    @invariant()
    def ran_at_most_once_and_not_after_it_was_closed_otherwise(self) -> None:
        assert len(self.ran) <= 1
        if self.ran:
            assert self.approval.status is ApprovalStatus.APPROVED
            assert self.ran == [self.approval.digest]


ApprovalLife.TestCase.settings = settings(max_examples=300, stateful_step_count=40)
test_life_of_an_approval = ApprovalLife.TestCase
