"""Cards that Slack refused to change: tried again later, at a stored time."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.conversation.handling import Handling
from bot.domain.approvals.approval import Approval, CardRef
from bot.domain.events import RepairDue

log = logging.getLogger(__name__)

#: Waits before a card that Slack refused to change is tried again; the last is the last try.
REPAIRS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)


def schedule_repair(
    h: Handling, approval: Approval, refused: list[CardRef], *, attempt: int, now: datetime
) -> None:
    """Set the timer at which refused cards are tried again, with the commit of this event."""
    if not refused:
        return
    if attempt >= len(REPAIRS):
        log.error("card given up", extra={"approval": approval.id})
        return
    places = tuple((ref.channel, ref.ts) for ref in refused)
    event = RepairDue(approval.id, places, attempt)
    h.later.timer(f"repair:{approval.id}:{attempt}", event, at=now + REPAIRS[attempt])
