"""The one fenced write at the end of a run: what it leaves behind for the next event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.approval import Approval, Requirement, withdraw
from bot.events import ExpiryDue, MessageReceived
from bot.handling import Handling
from bot.run import (
    Blocked,
    Completed,
    Failed,
    FailureKind,
    Interrupted,
    Notice,
    Outcome,
    PendingCall,
    Stopped,
    Unanswered,
)
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sources:
    """Time and random ids, passed in so that tests can hold them still."""

    now: Callable[[], datetime]
    token: Callable[[], str]


def expiry_id(approval_id: str) -> str:
    """Name the timer of an approval's deadline."""
    return f"expiry:{approval_id}"


class Settlement:
    """Writes down how a run ended: session, approvals, timers and the thread's row together."""

    def __init__(self, threads: ThreadStore, *, approval_ttl: timedelta, sources: Sources) -> None:
        self._threads = threads
        self._approval_ttl = approval_ttl
        self._sources = sources

    async def settle(
        self, h: Handling, outcome: Outcome, snapshot: bytes | None, message: MessageReceived | None
    ) -> None:
        """Record the outcome; `message` is what a Retry button would read again."""
        closed = Writes().run(None)
        match outcome:
            case Interrupted():
                await self._wait(h, outcome, snapshot)
            case Completed():
                await h.settle(outcome, writes=closed, approvals=(), failed=None, agent=outcome.agent)
            case Stopped():
                said = f"{outcome.text} [stopped by a person]".strip()
                await h.session.add_items([{"role": "assistant", "content": said}])
                await h.settle(outcome, writes=closed, approvals=(), failed=None)
            case Blocked():
                await h.settle(outcome, writes=closed, approvals=(), failed=None)
            case Failed():
                # The last checkpoint stays: Retry goes on from there and repeats no side effect.
                h.session.discard()
                failed = Unanswered(h.claim.event_id, h.reply.messages, message)
                await h.settle(outcome, failed=failed)
            case Notice():
                await h.settle(outcome)

    async def close_stale(self, h: Handling) -> None:
        """Close a saved run that this version cannot read, withdrawing what it still waits for."""
        approvals = await self._threads.approvals(h.state.approvals)
        withdrawn = [withdraw(a, at=self._sources.now()) for a in approvals if not a.is_final]
        writes = Writes().run(None)
        for approval in withdrawn:
            writes.cancel_timer(expiry_id(approval.id))
        h.retire(withdrawn)
        outcome = Failed(FailureKind.STALE_RUN, self._sources.token())
        log.warning("saved run not readable", extra={"reference": outcome.reference})
        await h.settle(outcome, *withdrawn, writes=writes, approvals=(), failed=None)

    async def _wait(self, h: Handling, outcome: Interrupted, snapshot: bytes | None) -> None:
        writes = Writes().run(snapshot)
        approvals = [self._request(h, call, call.requirement) for call in outcome.calls if call.requirement]
        for approval in approvals:
            writes.timer(expiry_id(approval.id), ExpiryDue(approval.id), at=approval.expires_at)
        ids = tuple(approval.id for approval in approvals)
        await h.settle(outcome, *approvals, writes=writes, approvals=ids, failed=None, agent=outcome.agent)

    def _request(self, h: Handling, call: PendingCall, requirement: Requirement) -> Approval:
        now = self._sources.now()
        return Approval(
            id=self._threads.new_approval_id(h.thread, self._sources.token()),
            thread=h.thread,
            generation=h.state.generation,
            call_id=call.call_id,
            tool=call.tool,
            arguments=call.arguments,
            requester=h.state.authors[0],
            authors=h.state.authors,
            requirement=requirement,
            requested_at=now,
            expires_at=now + self._approval_ttl,
        )
