"""When an approval reminds, escalates and ends. Pure; every time is stored, none is a timer of a process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.approval import Approval
from bot.requirement import Requirement


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


def escalations(approval: Approval) -> Iterator[tuple[str, datetime]]:
    """The roles whose backup joins in later, and when."""
    life = approval.expires_at - approval.requested_at
    for one in approval.requirements:
        if one.escalate_to and one.role not in approval.escalated and not approval.is_final:
            yield one.role, approval.requested_at + (one.escalate_after or life / 2)
