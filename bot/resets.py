"""Forgetting a thread: its session, its run, and every approval that still waited."""

from __future__ import annotations

import logging

from bot import words
from bot.aftermath import Aftermath
from bot.approval import ApprovalStatus
from bot.audit import Deed
from bot.events import ResetRequested
from bot.handling import Handling
from bot.run import Notice, Reply, ThreadState
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Resets:
    """A reset wins for ever: what it withdraws no later click can bring back."""

    def __init__(self, aftermath: Aftermath) -> None:
        self._aftermath = aftermath

    async def reset(self, h: Handling, event: ResetRequested) -> None:
        """Forget the thread in one fenced write; the delivery then retires the cards."""
        writes = Writes()
        changed = await self._aftermath.end(h, words.WAS_RESET, writes, person=event.user)
        h.note(Deed.RESET, person=event.user, via=event.via.value)
        withdrawn = sum(approval.status is ApprovalStatus.WITHDRAWN for approval in changed)
        open_questions = sum(not approval.is_final for approval in changed)
        reply = Reply(
            h.claim.event_id,
            outcome=Notice(words.reset(withdrawn, open_questions, keeps_files=event.keeps_files)),
            closed=tuple(approval.id for approval in changed),
        )
        await h.session.clear_session()
        # Replies that were cut off keep their place: their messages come up again, older than
        # the reset, and are then closed instead of answered.
        # One that Slack delivered late does not bring back what a later one has forgotten.
        latest = max(event.ts, h.state.reset_ts or event.ts, key=float)
        h.state = ThreadState(
            generation=h.state.generation + 1,
            reset_ts=latest,
            replies=h.state.replies,
            attached=h.state.attached if event.keeps_files else (),
            sent=h.state.sent if event.keeps_files else (),
        )
        await h.save(*changed, writes=writes.forget(keep_files=event.keeps_files), reply=reply)
        log.info("thread reset", extra={"withdrawn": withdrawn})
