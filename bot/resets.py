"""Forgetting a thread: its session, its run, and every approval that still waited."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot import words
from bot.approval import withdraw
from bot.audit import Deed
from bot.events import ResetRequested
from bot.handling import Handling
from bot.journal import Journal
from bot.requests import cancel_timers
from bot.run import Notice, Reply, ThreadState
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Resets:
    """A reset wins for ever: what it withdraws no later click can bring back."""

    def __init__(self, threads: ThreadStore, now: Callable[[], datetime]) -> None:
        self._threads = threads
        self._now = now

    async def reset(self, h: Handling, event: ResetRequested) -> None:
        """Forget the thread in one fenced write; the delivery then retires the cards."""
        approvals = await self._threads.approvals(h.state.approvals)
        withdrawn = [withdraw(a, at=self._now(), why=words.WAS_RESET) for a in approvals if not a.is_final]
        writes = Writes().forget()
        for approval in withdrawn:
            cancel_timers(approval, writes)
            h.note(Deed.WITHDRAWN, approval, person=event.user, why=words.WAS_RESET)
        h.note(Deed.RESET, person=event.user, via=event.via.value)
        # What was approved and waits for the rest of its turn will not run any more.
        stopped = await Journal(h, self._threads, self._now).close(approvals, words.WAS_RESET)
        for approval in stopped:
            ending = approval.execution.ending.value if approval.execution else ""
            h.note(Deed.EXECUTED, approval, ending=ending, result=words.WAS_RESET)
        reply = Reply(
            h.claim.event_id,
            outcome=Notice(words.reset(len(withdrawn))),
            closed=tuple(approval.id for approval in (*withdrawn, *stopped)),
        )
        await h.session.clear_session()
        # Replies that were cut off keep their place: their messages come up again, older than
        # the reset, and are then closed instead of answered.
        h.state = ThreadState(generation=h.state.generation + 1, reset_ts=event.ts, replies=h.state.replies)
        await h.save(*withdrawn, *stopped, writes=writes, reply=reply)
        log.info("thread reset", extra={"withdrawn": len(withdrawn)})
