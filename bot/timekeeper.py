"""What time does to an approval: it reminds, escalates, ends, and repairs a card."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.approval import Approval, CardRef, Question, escalate, expire
from bot.audit import Deed
from bot.decisions import Decisions
from bot.electorate import roles_of
from bot.events import EscalationDue, ExpiryDue, ReminderDue, RepairDue, Timer
from bot.handling import Handling
from bot.noticeboard import Noticeboard
from bot.repairs import schedule_repair
from bot.requests import cancel_timers, set_reminder
from bot.slack import notices
from bot.slack.approvers import Approvers
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Timekeeper:
    """Answers timers. Their moment is Redis's; a timer that rings has come due, whatever the clock here."""

    def __init__(
        self,
        threads: ThreadStore,
        decisions: Decisions,
        noticeboard: Noticeboard,
        approvers: Approvers,
        now: Callable[[], datetime],
    ) -> None:
        self._threads = threads
        self._decisions = decisions
        self._noticeboard = noticeboard
        self._approvers = approvers
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
                await self._remind(h, approval)
            case EscalationDue():
                await self._escalate(h, approval, timer.role)
            case RepairDue():
                await self._repair(h, approval, timer)
        return False

    async def _expire(self, h: Handling, approval: Approval) -> bool:
        goes_on = h.concerns(approval)
        if h.resumed:
            return goes_on
        # A clock here that is behind must not keep alive what has rung: nobody would ring again.
        expired = expire(approval, at=max(self._now(), approval.expires_at))
        if expired == approval:
            return False
        writes = cancel_timers(expired, Writes(), ringing=h.claim.event_id)
        changed = [expired]
        h.note(Deed.EXPIRED, expired)
        if expired.question is Question.OUTCOME:
            changed += await self._decisions.resolve(h, expired, writes)
        h.retire(changed)
        await h.save(*changed, writes=writes)
        return goes_on

    async def _remind(self, h: Handling, approval: Approval) -> None:
        if approval.is_final:
            return
        if not h.resumed:  # counted first, so that a second attempt looks for what the first one posted
            approval = replace(approval, reminders=approval.reminders + 1)
            writes = Writes()
            set_reminder(approval, writes, self._now())
            h.note(Deed.REMINDED, approval, number=str(approval.reminders))
            await h.save(approval, writes=writes)
        text = notices.reminder(approval, self._asked(approval), self._now())
        await self._noticeboard.notify(h, approval, f"reminder {approval.reminders}", text)

    async def _escalate(self, h: Handling, approval: Approval, role: str) -> None:
        escalated = escalate(approval, role)
        if approval.is_final or not any(one.role == role for one in approval.requirements):
            return
        if escalated != approval:
            h.note(Deed.ESCALATED, escalated, role=role, to=_backup(escalated, role))
            await h.save(escalated)
        h.retire([escalated])
        complete = await self._noticeboard.complete(h, escalated)
        backup = self._approvers.members_of(_backup(escalated, role))
        await self._noticeboard.notify(
            h, complete, f"escalation {role}", notices.escalation(complete, role, backup)
        )

    async def _repair(self, h: Handling, approval: Approval, repair: RepairDue) -> None:
        wanted = [CardRef(channel, ts) for channel, ts in repair.cards]
        known = [
            ref for ref in approval.cards if any((w.channel, w.ts) == (ref.channel, ref.ts) for w in wanted)
        ]
        if known:
            refused = await self._noticeboard.show(h, approval, known)
            schedule_repair(h, approval, refused, attempt=repair.attempt + 1, now=self._now())

    def _asked(self, approval: Approval) -> list[str]:
        """Whom to remind: those the settings name, but not who has decided or may not."""
        done = {approval.requester, *approval.authors, *(d.by for d in approval.decisions)}
        names = (name for role in roles_of(approval) for name in self._approvers.members_of(role))
        return [name for name in dict.fromkeys(names) if name not in done]


def _backup(approval: Approval, role: str) -> str:
    return next(one.escalate_to for one in approval.requirements if one.role == role)
