"""What can happen to an approval, and when it may. Pure rules, no I/O.

            ┌── b: decide, every place filled ──────▶ approved ── authorize, executed
pending ──a─┼── c: decide, one rejection ───────────▶ rejected
   ▲  │     ├── d: expire ──────────────────────────▶ expired
   └──┘     ├── e: withdraw (who asked, a reset) ───▶ withdrawn
 g: edit    └── f: answer, of an outcome's question ▶ answered
 j: seen anew

A call over a flood limit, or one whose preview has a problem, is `refused` before anybody is asked (edge h, from nothing).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.domain.approvals.approval import (
    APPROVING,
    Approval,
    ApprovalStatus,
    Decision,
    Edit,
    Ending,
    Execution,
    Question,
    Verdict,
)
from bot.domain.approvals.deadlines import may_nudge_at
from bot.domain.approvals.preview import PreviewChange
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.requirement import Requirement, strictest
from bot.domain.errors import (
    AlreadyDecided,
    ApprovalExpired,
    CardOutdated,
    DecidedInYourPlace,
    EditRefused,
    NotAnApprover,
    NotAuthorized,
    NotOffered,
    NotTheRequester,
    NudgedAlready,
    NudgedTooSoon,
    ReasonNeeded,
    SelfApproval,
)

#: So many of the last changes of a preview are kept.
PREVIEW_CHANGES: Final = 3

_ANSWERS = {
    Question.GO_AHEAD: APPROVING | {Verdict.REJECT},
    Question.OUTCOME: frozenset({Verdict.HAPPENED, Verdict.NOT_HAPPENED, Verdict.RETRY}),
}


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
    offers, counted = replace(question.offers, retry=False), question.effect or question.counted
    return replace(question, decisions=kept, offers=offers, effect="", again=(), counted=counted)


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
        edits=(*approval.edits, replace(change, void=_agreed(approval, change.by))),
        preview=None,  # it was of other arguments
    )


def seen_anew(approval: Approval, change: PreviewChange) -> Approval:
    """Show what a call would do now (edge j): nobody has agreed to that yet."""
    if approval.is_final:
        return approval
    change = replace(change, void=_agreed(approval, change.by))
    changes = (*approval.preview_changes, change)[-PREVIEW_CHANGES:]
    return replace(approval, preview=change.after, preview_changes=changes, decisions=())


def expire(approval: Approval, *, at: datetime) -> Approval:
    """Close a pending approval whose deadline has come (edge d); others stay as they are."""
    if approval.is_final or at < approval.expires_at:
        return approval
    return replace(approval, status=ApprovalStatus.EXPIRED, closed_at=at)


def withdraw(approval: Approval, *, at: datetime, why: str, by: str = "") -> Approval:
    """Close a pending approval whose run is no more, or that is not wanted any more (edge e).

    `why` stands on the card; `by` is the person who did it, if one did.
    """
    if approval.is_final:
        return approval
    return replace(approval, status=ApprovalStatus.WITHDRAWN, closed_at=at, closed_why=why, closed_by=by)


def insist_on_requester(approval: Approval, by: str, *, at: datetime) -> None:
    """Check that a person may act on a pending approval as the one who asked; raises `DecisionRefused`."""
    _insist_open(approval, at)
    if by != approval.requester:
        raise NotTheRequester


def take_back(approval: Approval, by: str, *, at: datetime, why: str) -> Approval:
    """Withdraw a call as the one who asked for it (edge e); raises `DecisionRefused`.

    A question about what happened is not theirs to close.
    """
    insist_on_requester(approval, by, at=at)
    if approval.question is not Question.GO_AHEAD:
        raise NotOffered
    return withdraw(approval, at=at, why=why, by=by)


def nudge(approval: Approval, by: str, *, at: datetime) -> Approval:
    """Note that who asked has the approvers reminded; once, and not too soon. Raises `DecisionRefused`."""
    insist_on_requester(approval, by, at=at)
    if approval.nudged_at is not None:
        raise NudgedAlready
    if at < may_nudge_at(approval):
        raise NudgedTooSoon
    return replace(approval, nudged_at=at)


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


def _agreed(approval: Approval, but: str) -> tuple[str, ...]:
    """Who has agreed so far, but for one."""
    return tuple(one.by for one in approval.decisions if one.verdict in APPROVING and one.by != but)


def _insist_open(approval: Approval, at: datetime) -> None:
    if approval.is_final:
        raise AlreadyDecided
    if at >= approval.expires_at:
        raise ApprovalExpired


def _admit(approval: Approval, by: str, at: datetime, shown: str, seats: Sequence[Seat]) -> Seat:
    """Let a person act on a pending approval, and say on whose place."""
    _insist_open(approval, at)
    barred = {approval.requester, *approval.authors}
    if by in barred:
        raise SelfApproval
    if shown != approval.shown:
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
