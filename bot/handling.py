"""One event of one thread, while its worker holds the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.approval import Approval, CardRef
from bot.audit import Deed, Entry
from bot.errors import NeedsRunSlot
from bot.run import Outcome, Reply, ThreadState
from bot.slack.reply import ReplyStream
from bot.sources import Sources
from bot.store.inbox import Claim, Inbox
from bot.store.sessions import StagedSession
from bot.store.writes import Writes
from bot.thread import ThreadRef


class Handling:
    """What the handling of an event knows, and the only way it writes.

    `state` is the thread's row as last written. `interrupted` is set by the worker's heartbeat
    when a stop or a reset waits, `leaving` when the replica drains. Every save is one fenced
    script: a worker that lost its lease gets `LeaseLost` from it and has written nothing.
    """

    def __init__(
        self, claim: Claim, state: ThreadState | None, session: StagedSession, inbox: Inbox, sources: Sources
    ) -> None:
        self.claim = claim
        #: Whether the thread's row could not be read.
        self.is_lost = state is None
        self.state = state or ThreadState()
        self.session = session
        #: Whether an earlier attempt may have posted something for this event.
        self.attempted = self.is_lost or claim.tries > 1 or self.resumed or claim.is_doubted
        self.interrupted = asyncio.Event()
        self.leaving = asyncio.Event()
        #: Whether the worker's slot is one that runs agents.
        self.may_run = True
        self.stream: ReplyStream | None = None
        #: What the commit of this event shall write beside.
        self.later = Writes()
        #: Cards that were clicked and may not be true any more, with their approvals.
        self.outdated: list[tuple[Approval, CardRef]] = []
        self._inbox = inbox
        self._sources = sources
        self._noted: list[Entry] = []
        #: What the next save shall write beside.
        self._next = Writes()
        #: The bot's own words for below the answer.
        self.remarks: list[str] = [*self.reply.remarks]
        #: The marks of the files that are to be sent once the outcome is on record.
        self.results: tuple[str, ...] = ()

    @property
    def thread(self) -> ThreadRef:
        """The thread the event belongs to."""
        return self.claim.thread

    @property
    def resumed(self) -> bool:
        """Whether an earlier attempt had begun to answer this very event."""
        return self.state.reply_to(self.claim.event_id) is not None

    @property
    def reply(self) -> Reply:
        """The reply to this event, as far as it got."""
        return self.state.reply_to(self.claim.event_id) or Reply(self.claim.event_id)

    def enter_run(self) -> None:
        """Insist on a slot that runs agents; raises `NeedsRunSlot` in one that is kept for clicks.

        Everything up to here must be on record: the event is handled again elsewhere.
        """
        if not self.may_run:
            raise NeedsRunSlot

    def concerns(self, approval: Approval) -> bool:
        """Whether the thread's run waits for this approval, or did when a worker died behind it.

        Any other run is none of its business: one that began after a reset, say.
        """
        if approval.is_detached:
            return False
        own = (self.state.generation, self.state.run_id)
        of_run = bool(approval.run_id) and (approval.generation, approval.run_id) == own
        return of_run or approval.id in self.state.approvals

    async def save(
        self, *changed: Approval, writes: Writes | None = None, reply: Reply | None = None, **state: Any
    ) -> None:
        """Write changed fields of the thread's row, approvals and staged items; keep the event."""
        remarks = tuple(dict.fromkeys(self.remarks))
        reply = replace(reply or self.reply, remarks=remarks)
        self.state = replace(self.state, **state).with_reply(reply)
        beside, self._next = self._next, Writes()
        writes = (writes or Writes()).add(beside)
        for approval in changed:
            writes.approval(approval)
        await self._write(writes.state(self.state).session(self.session))
        self.session.mark_saved()

    def with_next(self, writes: Writes, **state: Any) -> None:
        """Write this with the next save, whatever that is: both then are of the same moment."""
        self._next.add(writes)
        self.state = replace(self.state, **state)

    def now(self) -> datetime:
        """The present moment."""
        return self._sources.now()

    async def save_beside(self, writes: Writes) -> None:
        """Write something of a call that is under way: nothing of the thread's row or session."""
        await self._write(writes)

    async def save_confirmed(self, writes: Writes) -> bool:
        """The same, and wait for Redis to confirm it; False where it did not in time."""
        noted = len(self._noted)
        confirmed = await self._inbox.checkpoint_confirmed(self.claim, self._with_notes(writes))
        del self._noted[:noted]
        return confirmed

    def note(
        self,
        deed: Deed,
        approval: Approval | None = None,
        *,
        tool: str = "",
        person: str = "",
        digest: str = "",
        **details: str,
    ) -> None:
        """Put something on record: with the next write of this handling, or not at all.

        `digest` is of a call without an approval; one with an approval has its own.
        """
        entry = Entry(
            id=self._sources.token(),
            at=self._sources.now(),
            team=self.thread.team,
            deed=deed,
            thread=str(self.thread),
            approval=approval.id if approval else "",
            tool=approval.tool if approval else tool,
            person=person,
            digest=approval.digest if approval else digest,
            details=details,
        )
        self._noted.append(entry)

    def retire(self, approvals: Sequence[Approval]) -> None:
        """Note that the cards of these approvals have yet to show what became of them."""
        closed = tuple(approval.id for approval in approvals)
        self.state = self.state.with_reply(replace(self.reply, closed=(*self.reply.closed, *closed)))

    async def settle(
        self, outcome: Outcome, *changed: Approval, writes: Writes | None = None, **state: Any
    ) -> None:
        """Record how the event was answered; from here on only the delivery is ever repeated."""
        reply = replace(self.reply, outcome=outcome, results=self.results)
        await self.save(*changed, writes=writes, reply=reply, **state)

    def finish(self) -> Writes:
        """Close the reply: what the commit of this event still has to write."""
        self.state = self.state.without_reply(self.claim.event_id)
        return self._with_notes(self.later.state(self.state).session(self.session))

    async def _write(self, writes: Writes) -> None:
        noted = len(self._noted)
        await self._inbox.checkpoint(self.claim, self._with_notes(writes))
        del self._noted[:noted]

    def _with_notes(self, writes: Writes) -> Writes:
        for entry in self._noted:
            writes.audit(entry)
        return writes
