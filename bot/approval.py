"""Approvals: one tool call of one run that waits for people. Pure rules, no I/O.

            ┌── b: decide, every place filled ──────▶ approved ── authorize, executed
pending ──a─┼── c: decide, one rejection ───────────▶ rejected
   ▲  │     ├── d: expire ──────────────────────────▶ expired
   └──┘     ├── e: withdraw (reset, stale run) ─────▶ withdrawn
 g: edit    └── f: answer, of an outcome's question ▶ answered

A call over a flood limit is `refused` before anybody is asked (edge h, from nothing).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.errors import (
    AlreadyDecided,
    ApprovalExpired,
    CardOutdated,
    DecidedInYourPlace,
    EditRefused,
    NotAnApprover,
    NotAuthorized,
    NotOffered,
    ReasonNeeded,
    SelfApproval,
)
from bot.quorum import Seat, missing
from bot.requirement import Requirement, Severity, strictest
from bot.thread import ThreadRef


class ApprovalStatus(StrEnum):
    """Where an approval stands; every status but `PENDING` is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    REFUSED = "refused"


FINAL = frozenset(ApprovalStatus) - {ApprovalStatus.PENDING}


class Question(StrEnum):
    """What the people are asked: may it happen, or (it broke off) did it happen."""

    GO_AHEAD = "go_ahead"
    OUTCOME = "outcome"


class Verdict(StrEnum):
    """What a person can say to a pending approval."""

    APPROVE = "approve"
    APPROVE_REST = "approve_rest"
    REJECT = "reject"
    HAPPENED = "happened"
    NOT_HAPPENED = "not_happened"
    RETRY = "retry"


APPROVING = frozenset({Verdict.APPROVE, Verdict.APPROVE_REST})
_ANSWERS = {
    Question.GO_AHEAD: APPROVING | {Verdict.REJECT},
    Question.OUTCOME: frozenset({Verdict.HAPPENED, Verdict.NOT_HAPPENED, Verdict.RETRY}),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's answer. `at` is when Slack saw the click, `digest` what the card showed.

    `roles` are the ones it counts for and `holder` is whose place it fills: the person's own,
    or that of somebody they stand in for.
    """

    by: str
    verdict: Verdict
    at: datetime
    reason: str = ""
    digest: str = ""
    roles: tuple[str, ...] = ()
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the arguments before the approval; canonical JSON before and after."""

    by: str
    at: datetime
    before: str
    after: str


class Ending(StrEnum):
    """What became of an approved call."""

    DONE = "done"
    FAILED = "failed"
    OTHER = "other"
    UNKNOWN = "unknown"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of an approved call, and what its tool said."""

    ending: Ending
    at: datetime
    result: str = ""


#: The place of the card in the thread itself; other places are the ids of channels and people.
THREAD = "thread"


@dataclass(frozen=True, slots=True)
class CardRef:
    """A delivered card: the channel and `ts` of its message, and the place it was meant for."""

    channel: str
    ts: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be done beside Approve and Reject, or, of an outcome, beside saying what it was."""

    editable: tuple[str, ...] = ()
    rest_of_run: bool = False
    reason_required: bool = False
    retry: bool = True


NO_OFFERS = Offers()


@dataclass(frozen=True, slots=True)
class Approval:
    """The record of one interrupted tool call.

    `asked` are its arguments as the model wrote them and `arguments` as they would run, both
    canonical JSON. `authors` are all whose words or changes went into it: none of them may
    decide. Of a call whose outcome is in question, `effect` is the journal's key, `about` the
    approval it ran under, if any, and `again` what has to be agreed to before it is tried again.
    """

    id: str
    thread: ThreadRef
    generation: int
    call_id: str
    tool: str
    arguments: str
    requester: str
    authors: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    requested_at: datetime
    expires_at: datetime
    run_id: str = ""
    asked: str = ""
    question: Question = Question.GO_AHEAD
    effect: str = ""
    about: str = ""
    again: tuple[Requirement, ...] = ()
    offers: Offers = NO_OFFERS
    status: ApprovalStatus = ApprovalStatus.PENDING
    decisions: tuple[Decision, ...] = ()
    edits: tuple[Edit, ...] = ()
    escalated: tuple[str, ...] = ()
    reminders: int = 0
    closed_at: datetime | None = None
    closed_why: str = ""
    granted_by: str = ""
    execution: Execution | None = None
    cards: tuple[CardRef, ...] = ()

    @property
    def digest(self) -> str:
        """The fingerprint of what is shown: SHA-256 over the tool and its canonical arguments."""
        return digest(self.tool, self.arguments)

    @property
    def asked_digest(self) -> str:
        """The fingerprint of the call as the model wrote it."""
        return digest(self.tool, self.asked or self.arguments)

    @property
    def is_detached(self) -> bool:
        """Whether this is a question whose run is no more; see `detach`."""
        return self.question is Question.OUTCOME and not self.effect

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def has_yet_to_run(self) -> bool:
        """Whether it was approved and nothing is on record of its call."""
        return self.status is ApprovalStatus.APPROVED and self.execution is None

    @property
    def severity(self) -> Severity:
        needs = (*self.requirements, *self.again)
        return max((one.severity for one in needs), default=Severity.NORMAL)

    @property
    def missing(self) -> dict[str, int]:
        """How many people of which role still have to agree."""
        if retries := [d.roles for d in self.decisions if d.verdict is Verdict.RETRY]:
            return missing(self.again or self.requirements, retries)
        return missing(self.requirements, [d.roles for d in self._approvals()])

    def bars(self, user: str) -> bool:
        """Tell whether nothing this person does can change it, whatever Slack says of them."""
        return self.is_final or user in {self.requester, *self.authors}

    def _approvals(self) -> list[Decision]:
        """The approvals of what is shown now; those of other arguments do not count."""
        return [d for d in self.decisions if d.verdict in APPROVING and d.digest == self.digest]


def canonical(arguments: Mapping[str, object]) -> str:
    """Write arguments in the one form that is stored, shown, hashed and compared."""
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be stored as UTF-8; written as \\udXXX it is the same JSON string.
    return text.encode("utf-8", "backslashreplace").decode()


def digest(tool: str, arguments: str) -> str:
    """Fingerprint a tool call by its name and canonical arguments, in hexadecimal."""
    return hashlib.sha256(f"{tool}\n{arguments}".encode()).hexdigest()


def decide(approval: Approval, decision: Decision, *, seats: Sequence[Seat]) -> Approval:
    """Record a decision (edges b, c and f), or raise the `DecisionRefused` that says why not.

    `seats` are the places the person may fill right now; none is the right answer when that
    could not be found out.
    """
    seat = _admit(approval, decision.by, decision.at, decision.digest, seats)
    if decision.verdict not in _ANSWERS[approval.question]:
        raise NotOffered
    if decision.verdict is Verdict.APPROVE_REST and not approval.offers.rest_of_run:
        raise NotOffered
    if decision.verdict is Verdict.RETRY and not approval.offers.retry:
        raise NotOffered
    if decision.verdict is Verdict.REJECT and approval.offers.reason_required and not decision.reason:
        raise ReasonNeeded
    placed = replace(decision, roles=seat.roles, holder=seat.holder)
    others = (d for d in approval.decisions if d.by != decision.by)
    recorded = replace(approval, decisions=(*others, placed))
    if approval.question is Question.OUTCOME:
        return _answer(recorded, placed)
    if decision.verdict is Verdict.REJECT:
        return replace(recorded, status=ApprovalStatus.REJECTED, closed_at=decision.at)
    if not recorded.missing:
        return replace(recorded, status=ApprovalStatus.APPROVED, closed_at=decision.at)
    return recorded


def _answer(approval: Approval, said: Decision) -> Approval:
    """Close a question about an outcome (edge f), unless more people must agree to a new try."""
    if said.verdict is Verdict.RETRY:
        if approval.missing:
            return approval
    elif not any(one.role in said.roles for one in approval.requirements):
        raise NotAnApprover
    return replace(approval, status=ApprovalStatus.ANSWERED, closed_at=said.at)


def detach(question: Approval) -> Approval:
    """Let a question about an outcome stay open without its run: then nothing can be tried again."""
    kept = tuple(d for d in question.decisions if d.verdict is not Verdict.RETRY)
    return replace(
        question, decisions=kept, offers=replace(question.offers, retry=False), effect="", again=()
    )


def edit(
    approval: Approval, change: Edit, *, digest: str, seats: Sequence[Seat], needs: Sequence[Requirement]
) -> Approval:
    """Change the arguments (edge g): who changed them is an author, and all decide anew.

    `digest` is of what the person saw, `needs` what the policy asks for the new arguments; it
    never becomes less than it was, nor is there more time. Raises a `DecisionRefused`.
    """
    _admit(approval, change.by, change.at, digest, seats)
    before, after = json.loads(change.before), json.loads(change.after)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    if approval.question is not Question.GO_AHEAD or change.before != approval.arguments:
        raise NotOffered
    if not changed or not changed <= set(approval.offers.editable):
        raise EditRefused
    deadlines = [change.at + one.expires_after for one in needs if one.expires_after]
    return replace(
        approval,
        expires_at=min((approval.expires_at, *deadlines)),
        arguments=change.after,
        asked=approval.asked or change.before,
        authors=(*approval.authors, change.by),
        requirements=strictest((*approval.requirements, *needs)),
        decisions=(),
        edits=(*approval.edits, change),
    )


def expire(approval: Approval, *, at: datetime) -> Approval:
    """Close a pending approval whose deadline has come (edge d); others stay as they are."""
    if approval.is_final or at < approval.expires_at:
        return approval
    return replace(approval, status=ApprovalStatus.EXPIRED, closed_at=at)


def withdraw(approval: Approval, *, at: datetime, why: str) -> Approval:
    """Close a pending approval because its run is no more (edge e); `why` stands on the card."""
    if approval.is_final:
        return approval
    return replace(approval, status=ApprovalStatus.WITHDRAWN, closed_at=at, closed_why=why)


def escalate(approval: Approval, role: str) -> Approval:
    """Let the backup of a role decide as well; changes nothing where it may already, or is too late."""
    if approval.is_final or role in approval.escalated:
        return approval
    return replace(approval, escalated=(*approval.escalated, role))


def authorize(approval: Approval, asked_digest: str) -> None:
    """Check, right before the tool's body, that this very call may run; raises `NotAuthorized`."""
    rightful = (
        approval.question is Question.GO_AHEAD
        and approval.status is ApprovalStatus.APPROVED
        and approval.asked_digest == asked_digest
        and not approval.missing
        and not any(d.by in approval.authors or d.holder in approval.authors for d in approval.decisions)
        and (approval.execution is None or approval.execution.ending is Ending.UNKNOWN)
    )
    if not rightful:
        raise NotAuthorized


def executed(approval: Approval, execution: Execution) -> Approval:
    """Note what became of the call."""
    return replace(approval, execution=execution)


def _admit(approval: Approval, by: str, at: datetime, shown: str, seats: Sequence[Seat]) -> Seat:
    """Let a person act on a pending approval, and say on whose place."""
    if approval.is_final:
        raise AlreadyDecided
    if at >= approval.expires_at:
        raise ApprovalExpired
    barred = {approval.requester, *approval.authors}
    if by in barred:
        raise SelfApproval
    if shown != approval.digest:
        raise CardOutdated
    # Nobody lends a right they do not have: not the requester, to a friend who stands in.
    rightful = [seat for seat in seats if seat.roles and seat.holder not in barred]
    if not rightful:
        raise NotAnApprover
    taken = {d.holder for d in approval.decisions if d.by != by}
    free = [seat for seat in rightful if seat.holder not in taken]
    if not free:
        raise DecidedInYourPlace
    return free[0]
