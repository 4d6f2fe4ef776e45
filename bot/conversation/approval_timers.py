"""What time does to an approval: it reminds, escalates, ends, and repairs a card."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.conversation.approval_cards import ApprovalCards
from bot.conversation.card_repairs import schedule_repair
from bot.conversation.decisions import Decisions
from bot.conversation.handling import Handling
from bot.conversation.made_before import MadeBefore
from bot.conversation.reminders import Reminders
from bot.conversation.requests import cancel_timers
from bot.domain.approvals.approval import THREAD, Approval, CardRef, Question
from bot.domain.approvals.transitions import escalate, expire
from bot.domain.audit import Deed
from bot.domain.events import EscalationDue, ExpiryDue, ReminderDue, RepairDue, Timer
from bot.slack import below_cards, requester_news
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class ApprovalTimers:
    """Answers timers. Their moment is Redis's; a timer that rings has come due, whatever the clock here."""

    def __init__(
        self,
        threads: ThreadStore,
        decisions: Decisions,
        approval_cards: ApprovalCards,
        reminders: Reminders,
        made_before: MadeBefore,
        now: Callable[[], datetime],
    ) -> None:
        self._threads = threads
        self._decisions = decisions
        self._approval_cards = approval_cards
        self.reminders = reminders
        self._made_before = made_before
        self._now = now

    async def rang(self, h: Handling, timer: Timer) -> bool:
        """Do what it is time for; True when that (now, or before a crash) closed the approval."""
        approval = await self._threads.approval(timer.approval_id)
        if approval is None:
            return False
        match timer:
            case ExpiryDue():
                return await self._expire(h, approval)
            case ReminderDue():
                await self.reminders.remind(h, approval)
            case EscalationDue():
                await self._escalate(h, approval, timer.role)
            case RepairDue():
                return await self._repair(h, approval, timer)
        return False

    async def _expire(self, h: Handling, approval: Approval) -> bool:
        goes_on = h.concerns(approval)
        if h.resumed:
            await self._decisions.tell_end(h, approval)
            return goes_on
        # A clock here that is behind must not keep alive what has rung: nobody would ring again.
        expired = expire(approval, at=max(self._now(), approval.expires_at))
        if expired == approval:
            return False
        writes = cancel_timers(expired, Writes(), ringing=h.claim.event_id)
        changed = [expired]
        h.note(Deed.EXPIRED, expired)
        if expired.question is Question.OUTCOME:
            changed += await self._decisions.questions.resolve(h, expired, writes)
        h.retire(changed)
        await h.save(*changed, writes=writes)
        await self._decisions.tell_end(h, expired)
        return goes_on

    async def _escalate(self, h: Handling, approval: Approval, role: str) -> None:
        escalated = escalate(approval, role)
        if approval.is_final or not any(one.role == role for one in approval.requirements):
            return
        if escalated != approval:
            h.note(Deed.ESCALATED, escalated, role=role, to=_backup(escalated, role))
            await h.save(escalated)
        h.retire([escalated])
        complete = await self._approval_cards.complete(h, escalated)
        backup = _backup(escalated, role)
        text = below_cards.escalation(complete, role, self.reminders.approvers.members_of(backup))
        await self._approval_cards.notify(
            h, complete, f"escalation {role}", lambda roles: text if backup in roles else ""
        )
        if not self._approval_cards.is_noticed_in_thread(h, complete):
            told = requester_news.escalated(complete, role, backup)
            await self._approval_cards.tell_requester(h, complete, f"escalation {role}", told)

    async def _repair(self, h: Handling, approval: Approval, repair: RepairDue) -> bool:
        goes_on, writes = h.concerns(approval), Writes()
        if closed := await self._made_before.of_approval(h, approval, writes):
            h.retire(closed)
            await h.save(*closed, writes=cancel_timers(approval, writes))
            return goes_on
        known = {(ref.channel, ref.ts): ref for ref in approval.cards}
        # One that is not known was found in Slack: Redis has forgotten where it had been posted.
        wanted = [known.get(where) or _found(approval, *where) for where in repair.cards]
        refused = await self._approval_cards.show(h, approval, wanted)
        schedule_repair(h, approval, refused, attempt=repair.attempt + 1, now=self._now())
        # A worker that died behind the look-up has closed it, and the run has yet to go on.
        return goes_on and h.resumed and approval.is_final


def _found(approval: Approval, channel: str, ts: str) -> CardRef:
    return CardRef(channel, ts, THREAD if channel == approval.thread.channel else channel)


def _backup(approval: Approval, role: str) -> str:
    return next(one.escalate_to for one in approval.requirements if one.role == role)
