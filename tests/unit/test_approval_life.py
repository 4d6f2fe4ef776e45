"""The life of an approval, whatever people, groups, clocks and resets do to it, in any order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.approvals.approval import (
    APPROVING,
    Approval,
    ApprovalStatus,
    Edit,
    Ending,
    Execution,
    Offers,
    Verdict,
    canonical,
)
from bot.domain.approvals.preview import UNREAD, Fact, Look, Preview, PreviewChange, compared
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.staffing import Gap, Staff, Undecidable, gaps, is_news, joining
from bot.domain.approvals.transitions import (
    authorize,
    decide,
    edit,
    escalate,
    executed,
    expire,
    seen_anew,
    take_back,
    withdraw,
)
from bot.domain.errors import DecisionRefused, NotAuthorized
from bot.slack import actions, cards, forms
from tests.factories import ANA, MEI, NOON, OMAR, THEO, a_decision, an_approval
from tests.unit.slack import block_kit

ZOE, KIM, RIA = "U0ZOE00001", "U0KIM00001", "U0RIA00001"
GROUPS = {"finance": {OMAR, MEI, ANA}, "legal": {MEI, ZOE}, "owners": {KIM}, "board": {RIA, KIM}}
EVERYBODY = (ANA, KIM, MEI, OMAR, RIA, THEO, ZOE)
PEOPLE = [*EVERYBODY, OMAR, MEI, ZOE]
NEEDS = (
    Requirement("finance", "Money.", quorum=2, escalate_to="owners"),
    Requirement("legal", "Law."),
)
#: What an amount needs beside that.
MUCH = {"31.00": (Requirement("board", "Much money."),)}
AMOUNTS = ("29.00", "25.00", *MUCH)
#: A card shows the first of these whole; the second only the form behind it.
REASONS = {"short": "double charge", "long": "so long " * 600 + "!"}
PREVIEWS = (
    Preview("Refund", (Fact("Left to refund", "29.00 USD"),)),
    Preview("Refund", (Fact("Left to refund", "4.00 USD"),)),
    Preview(problem="Nothing is left to refund."),
    UNREAD,
)


class ApprovalLife(RuleBasedStateMachine):
    """Request, decide, edit, expire, withdraw, execute: with people who may, may not, stand in, and leave."""

    def __init__(self) -> None:
        super().__init__()
        offers = Offers(editable=("amount", "reason"), rest_of_run=True)
        self.approval: Approval = an_approval(requirements=NEEDS, offers=offers, preview=PREVIEWS[0])
        self.asked_digest = self.approval.digest
        self.seen = [self.approval.shown]
        self.whole: set[str] = set()
        self.now = NOON
        self.finals: set[ApprovalStatus] = set()
        self.ran: list[str] = []
        self.needed = {"finance": 2, "legal": 1}
        self.groups = {role: set(people) for role, people in GROUPS.items()}
        self.regular = set(EVERYBODY)
        self.told: Undecidable | None = None
        self.notices: list[frozenset[str]] = [frozenset()]
        self.counted_for: dict[tuple[str, str], set[str]] = {}

    def counts_for(self, person: str, approval: Approval) -> set[str]:
        """The roles of an approval that a person is of at this moment, as groups and members are now."""
        found: set[str] = set()
        for one in approval.requirements:
            also = {one.escalate_to} & self.groups.keys() if one.role in approval.escalated else set[str]()
            if any(person in self.groups[role] & self.regular for role in {one.role, *also}):
                found.add(one.role)
        return found

    def seats(self, approval: Approval, by: str, holder: str) -> list[Seat]:
        own, lent = self.counts_for(by, approval), self.counts_for(holder, approval)
        found = [Seat(by, tuple(sorted(own)))] if own else []
        return found + ([Seat(holder, tuple(sorted(lent)))] if holder != by and lent else [])

    def buttons(self, approval: Approval) -> set[str]:
        """What a card and the form behind it offer; they are read as people read them."""
        reason = json.loads(approval.arguments)["reason"]
        card = cards.card(approval).blocks
        form = forms.details_view(approval, forms.ClickedAt("C0FINANCE1", "1.0"))
        ids = {e["action_id"] for block in card for e in block.get("elements", ()) if "action_id" in e}
        read = [card] if ids & {actions.APPROVE, actions.APPROVE_REST} else []
        read += [form["blocks"]] if form.get("submit") else []
        assert all(reason in _read(one) for one in read), "it is approved where not all of it is shown"
        self.whole |= {approval.shown} if read else set()
        return ids | ({actions.APPROVE} if form.get("submit") else set())

    @rule(
        by=st.sampled_from(PEOPLE),
        holder=st.sampled_from([*PEOPLE, OMAR]),
        verdict=st.sampled_from([*[Verdict.APPROVE] * 12, Verdict.APPROVE_REST, *Verdict]),
        card=st.sampled_from([0, 0, 0, 0, 1, 2]),
    )
    def clicks(self, by: str, holder: str, verdict: Verdict, card: int) -> None:
        before = self.approval
        shown = self.seen[-1 - card % len(self.seen)]
        if shown == before.shown and verdict in APPROVING and verdict.value not in self.buttons(before):
            return
        self.click(by, holder, verdict, shown)

    @rule(people=st.sets(st.sampled_from(EVERYBODY)))
    def several_approve(self, people: set[str]) -> None:
        for by in sorted(people):
            self.clicks(by, by, Verdict.APPROVE, 0)

    def click(self, by: str, holder: str, verdict: Verdict, shown: str) -> None:
        before = self.approval
        decision = a_decision(by, verdict, at=self.now, digest=shown)
        try:
            self.approval = decide(before, decision, seats=self.seats(before, by, holder))
        except DecisionRefused:
            assert self.approval is before
            return
        assert not before.is_final
        assert self.now < before.expires_at
        assert shown == before.shown
        last = self.approval.decisions[-1]
        self.counted_for[last.by, last.holder] = self.counts_for(last.holder, before)

    @rule(
        by=st.sampled_from(PEOPLE),
        amount=st.sampled_from(AMOUNTS),
        reason=st.sampled_from(["short", "short", *REASONS]),
        card=st.integers(0, 3),
    )
    def edits(self, by: str, amount: str, reason: str, card: int) -> None:
        before = self.approval
        after = canonical(json.loads(before.arguments) | {"amount": amount, "reason": REASONS[reason]})
        shown = self.seen[-1 - card % len(self.seen)]
        try:
            self.approval = edit(
                before,
                Edit(by, self.now, before.arguments, after),
                digest=shown,
                seats=self.seats(before, by, by),
                needs=(*NEEDS, *MUCH.get(amount, ())),
            )
        except DecisionRefused:
            return
        assert by in self.approval.authors
        assert self.approval.preview is None
        self.needed |= {one.role: one.quorum for one in MUCH.get(amount, ())}
        self.approval = replace(self.approval, preview=PREVIEWS[0])
        self.seen.append(self.approval.shown)

    @rule(role=st.sampled_from(sorted(GROUPS)), left=st.sets(st.sampled_from(EVERYBODY)), all_=st.booleans())
    def a_group_shrinks(self, role: str, left: set[str], all_: bool) -> None:
        """Some leave it; now and then it is emptied or switched off."""
        self.groups[role] = set[str]() if all_ else GROUPS[role] - left

    @rule()
    def everybody_is_back(self) -> None:
        self.groups = {role: set(people) for role, people in GROUPS.items()}
        self.regular = set(EVERYBODY)

    @rule(who=st.sampled_from(EVERYBODY))
    def somebody_is_deactivated_or_is_back(self, who: str) -> None:
        self.regular ^= {who}

    @precondition(lambda self: not self.approval.is_final and self.now < self.approval.expires_at)
    @rule()
    def it_is_looked_whether_anybody_is_left(self) -> None:
        """What is said is true: by people clicking, as many as there are; and nobody hears a thing twice."""
        found = Undecidable(self.approval.id, self.lacking(), "0.0")
        assert bool(found.gaps) is not self.can_be_approved()
        assert all(gap.role in self.needed and 0 < gap.lacks <= self.needed[gap.role] for gap in found.gaps)
        if is_news(found, self.told):
            self.notices.append(found.roles)
            self.told = found if found.gaps else None

    def lacking(self) -> tuple[Gap, ...]:
        backups = joining(self.approval)
        staff: dict[str, Staff] = {}
        for role in self.needed:
            people = self.groups[role] | self.groups.get(backups.get(role, ""), set())
            staff[role] = Staff(listed=True, named=frozenset(people), able=frozenset(people & self.regular))
        return gaps(self.approval, staff)

    def can_be_approved(self) -> bool:
        """Whether it is, once the backup has joined and everybody has clicked who may and has not yet."""
        later = escalate(self.approval, "finance")  # at half of the time
        for person in {*EVERYBODY} - {one.by for one in later.decisions}:
            click = a_decision(person, at=self.now, digest=later.shown)
            try:
                later = decide(later, click, seats=self.seats(later, person, person))
            except DecisionRefused:
                continue
        return later.status is ApprovalStatus.APPROVED

    @rule(by=st.sampled_from(PEOPLE), preview=st.sampled_from(PREVIEWS))
    def the_world_is_another_at_a_click(self, by: str, preview: Preview) -> None:
        before = self.approval
        assert before.preview is not None
        if compared(before.preview, preview) not in {Look.CHANGED, Look.PROBLEM} or preview == before.preview:
            return
        self.approval = seen_anew(before, PreviewChange(by, self.now, before.preview, preview))
        if before.is_final:
            assert self.approval is before
        else:
            assert not self.approval.decisions
            self.seen.append(self.approval.shown)

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

    @precondition(lambda self: self.now > NOON + timedelta(hours=6))
    @rule(by=st.sampled_from([ANA, OMAR, THEO]))
    def somebody_takes_it_back(self, by: str) -> None:
        before = self.approval
        try:
            self.approval = take_back(before, by, at=self.now, why="It is not wanted any more.")
        except DecisionRefused:
            assert self.approval is before
        else:
            assert by == ANA
            assert not before.is_final
            assert self.now < before.expires_at

    @rule(forged=st.booleans(), ending=st.sampled_from([Ending.DONE, Ending.FAILED]))
    def the_tool_runs(self, forged: bool, ending: Ending) -> None:
        before = self.approval
        try:
            authorize(before, "0" * 64 if forged else self.asked_digest)
        except NotAuthorized:
            return
        assert not forged
        self.ran.append(before.shown)
        self.check_authority(before)
        self.approval = executed(before, Execution(ending, self.now))

    def check_authority(self, approval: Approval) -> None:
        """What ran was approved, in time, by enough different people who may, and who saw just that."""
        assert approval.status is ApprovalStatus.APPROVED
        givers = [d for d in approval.decisions if d.verdict in APPROVING]
        assert all(d.digest == approval.shown and d.at < approval.expires_at for d in givers)
        people, holders = {d.by for d in givers}, {d.holder for d in givers}
        assert len(people) == len(holders) == len(givers) >= sum(self.needed.values())
        assert not (people | holders) & {ANA, *approval.authors}
        rights = [self.counted_for[d.by, d.holder] for d in givers]
        assert all(sum(role in had for had in rights) >= many for role, many in self.needed.items())
        assert approval.shown in self.whole

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
    def is_told_of_each_state_once(self) -> None:
        """Two notices in a row differ, and none says that people are there of whom nobody said they lacked."""
        assert all(one != other for one, other in pairwise(self.notices))
        assert (self.told.roles if self.told else frozenset()) == self.notices[-1]

    @invariant()
    def ran_at_most_once_and_not_after_it_was_closed_otherwise(self) -> None:
        assert len(self.ran) <= 1
        if self.ran:
            assert self.approval.status is ApprovalStatus.APPROVED
            assert self.ran == [self.approval.shown]


def _read(blocks: list[dict[str, Any]]) -> str:
    """All that is to be read, with what goes on in the next element put together."""
    return "".join(block_kit.texts(blocks)).replace("\u21aa ", "")


ApprovalLife.TestCase.settings = settings(max_examples=200, stateful_step_count=40)
test_life_of_an_approval = ApprovalLife.TestCase
