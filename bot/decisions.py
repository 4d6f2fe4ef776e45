"""Decisions on approvals: who clicked, does it count, and what the card says then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot import words
from bot.approval import Approval, Decision, decide, expire
from bot.delivery import Delivery
from bot.errors import AlreadyDecided, DecisionRefused
from bot.events import DecisionMade, ExpiryDue
from bot.handling import Handling
from bot.settlement import expiry_id
from bot.slack.approvers import Approvers
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Decisions:
    """Records what counts, refuses privately what does not."""

    def __init__(
        self, threads: ThreadStore, approvers: Approvers, delivery: Delivery, now: Callable[[], datetime]
    ) -> None:
        self._threads = threads
        self._approvers = approvers
        self._delivery = delivery
        self._now = now

    async def changed(self, h: Handling, event: DecisionMade | ExpiryDue) -> bool:
        """Apply an event to its approval; True when it (now, or before a crash) changed it."""
        if isinstance(event, DecisionMade):
            return await self.decided(h, event)
        return await self.expired(h, event)

    async def decided(self, h: Handling, click: DecisionMade) -> bool:
        """Record a click; True when it (now, or before a crash) changed its approval."""
        approval = await self._threads.approval(click.approval_id)
        if h.resumed:
            return True  # recorded by a worker that died after it
        if approval is None:
            await self._delivery.tell(click, words.UNKNOWN_CARD)
            return False
        try:
            decision = Decision(by=click.user, verdict=click.verdict, at=click.at, reason=click.reason)
            changed = decide(approval, decision, approvers=await self._allowed(approval, click.user))
        except AlreadyDecided:
            await self._refuse(approval, click, words.already_closed(approval))
            return False
        except DecisionRefused as refusal:
            await self._refuse(approval, click, refusal.user_message)
            return False
        await self._record(h, changed)
        return True

    async def expired(self, h: Handling, expiry: ExpiryDue) -> bool:
        """Close an approval whose deadline has come; True when that (or a crash before) did it."""
        approval = await self._threads.approval(expiry.approval_id)
        if h.resumed:
            return True
        if approval is None or (changed := expire(approval, at=self._now())) == approval:
            return False
        await self._record(h, changed)
        return True

    async def _allowed(self, approval: Approval, user: str) -> frozenset[str]:
        """Ask Slack, now, about the one person who clicked."""
        if approval.is_final:
            return frozenset()  # no need to ask: `decide` refuses it anyway
        allowed = await self._approvers.allows(approval.requirement.role, user, approval.thread.team)
        return frozenset({user}) if allowed else frozenset()

    async def _refuse(self, approval: Approval, click: DecisionMade, text: str) -> None:
        log.info("decision refused", extra={"approval": approval.id, "user": click.user})
        await self._delivery.tell(click, text)

    async def _record(self, h: Handling, approval: Approval) -> None:
        writes = Writes()
        if approval.is_final:
            writes.cancel_timer(expiry_id(approval.id))
        h.retire([approval])
        await h.save(approval, writes=writes)
        log.info("approval changed", extra={"approval": approval.id, "status": approval.status})
