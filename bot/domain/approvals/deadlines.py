"""When an approval reminds, escalates and ends. Pure; every time is stored, none is a timer of a process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.domain.approvals.approval import Approval, Question
from bot.domain.approvals.requirement import Requirement

#: How long who asked leaves the approvers alone, and how long a reminder rests behind theirs.
NUDGE_AFTER: Final = timedelta(minutes=10)


def may_nudge_at(approval: Approval) -> datetime:
    """From when on who asked can have the approvers reminded: not right after they were asked or reminded."""
    return max(approval.requested_at, approval.reminded_at or approval.requested_at) + NUDGE_AFTER


def was_nudged_of_late(approval: Approval, now: datetime) -> bool:
    """Whether a reminder that is due now would follow hard on one that who asked wanted."""
    return approval.nudged_at is not None and now < approval.nudged_at + NUDGE_AFTER


def deadline(requirements: Iterable[Requirement], requested_at: datetime, otherwise: timedelta) -> datetime:
    """The earliest deadline of the requirements; those without one have the bot's own."""
    return requested_at + min((one.expires_after or otherwise for one in requirements), default=otherwise)


def next_reminder(approval: Approval, now: datetime) -> datetime | None:
    """When to remind next: after the wait, then twice as long, then four times … up to the deadline.

    What fell due while nobody was there to ring is not made up for.
    """
    waits = [one.remind_after for one in approval.requirements if one.remind_after]
    if approval.is_final or not waits or now >= approval.expires_at:
        return None
    first = min(waits)
    number = approval.reminders + 1
    while (at := approval.requested_at + first * (2**number - 1)) <= now:
        number += 1
    return at if at < approval.expires_at else None


def awaited(approval: Approval) -> frozenset[str]:
    """The roles that are reminded: those whose word is still needed, with their backups."""
    if approval.question is Question.OUTCOME:
        return frozenset(approval.roles)
    missing = approval.missing
    short = [one for one in approval.requirements if one.role in missing]
    backups = {one.escalate_to for one in short if one.role in approval.escalated}
    return frozenset({one.role for one in short} | backups)


def escalations(approval: Approval) -> Iterator[tuple[str, datetime]]:
    """The roles whose backup joins in later, and when."""
    life = approval.expires_at - approval.requested_at
    for one in approval.requirements:
        if one.escalate_to and one.role not in approval.escalated and not approval.is_final:
            yield one.role, approval.requested_at + (one.escalate_after or life / 2)
