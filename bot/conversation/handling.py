"""One event of one thread, while its worker holds the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.conversation.event_story import Course, became
from bot.conversation.pending_entries import Noted, PendingEntries
from bot.domain.approvals.approval import Approval, CardRef
from bot.domain.audit import Deed, Entry
from bot.domain.budget import Payer
from bot.domain.errors import MessageBehind, NeedsRunSlot
from bot.domain.events import MessageReceived, RepairDue
from bot.domain.meter import PRESENT, Meter
from bot.domain.run import Outcome, Reply, ThreadState
from bot.domain.sources import Sources
from bot.domain.thread import ThreadRef
from bot.domain.usage import Spent, total, usage_of
from bot.slack.reply import ReplyStream
from bot.store.claim import SOMEWHERE, Claim
from bot.store.earlier_calls import Foreseen
from bot.store.handled_events import kept
from bot.store.inbox import Inbox
from bot.store.sessions import StagedSession
from bot.store.writes import Writes
from bot.telemetry import logs, tracing
from bot.telemetry.metrics import Metrics


class Handling:
    """What the handling of an event knows, and the only way it writes.

    `state` is the thread's row as last written. `interrupted` is set by the worker's heartbeat
    when a stop or a reset waits, `leaving` when the replica drains. Every save is one fenced
    script: a worker that lost its lease gets `LeaseLost` from it and has written nothing.
    """

    def __init__(
        self,
        claim: Claim,
        state: ThreadState | None,
        session: StagedSession,
        inbox: Inbox,
        sources: Sources,
        metrics: Metrics | None = None,
    ) -> None:
        self.claim = claim
        #: Whether the thread's row could not be read.
        self.is_lost = state is None
        self.state = state or ThreadState()
        self.session = session
        #: Whether an earlier attempt may have posted something for this event.
        self.attempted = (
            self.is_lost or claim.tries > 1 or self.resumed or claim.is_doubted or claim.told == SOMEWHERE
        )
        self.interrupted, self.leaving = asyncio.Event(), asyncio.Event()
        #: Whether the worker's slot is one that runs agents.
        self.may_run = True
        #: Whether the event is done without a word.
        self.silent = False
        self.stream: ReplyStream | None = None
        #: What the commit of this event shall write beside.
        self.later = Writes()
        #: Cards that were clicked and may not be true any more, with their approvals.
        self.outdated: list[tuple[Approval, CardRef]] = []
        self._inbox = inbox
        self._sources = sources
        #: What the requests of models use that are made for this event.
        self.meter, self._last = PRESENT.get() or Meter(sources), list[Spent]()
        self.meter.payer = self.payer
        self.meter.person = self._asker()
        self.course = Course(sources.now())
        self._metrics = metrics or Metrics()
        self._entries, self._last_noted = PendingEntries(self._metrics), list[Noted]()
        self._began_anew = not self.resumed
        #: What the next save shall write beside; and that one goes behind the other.
        self._next, self._saving = Writes(), asyncio.Lock()
        #: The bot's own words for below the answer.
        self.remarks: list[str] = [*self.reply.remarks]
        #: What was before calls that are about to begin, by their names.
        self.foreseen: dict[str, Foreseen] = {}
        #: The events of messages that the run under way does not take in: they wait for their turn.
        self.left_waiting: set[str] = set()
        #: The marks of the files that are to be sent once the outcome is on record.
        self.results: tuple[str, ...] = ()
        _is_of_run(self.state.run_id)

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

    def payer(self) -> Payer:
        """In whose budgets the present requests of models count: a message that no run has read yet begins one."""
        event = self.claim.event
        if isinstance(event, MessageReceived) and not (self.resumed or self.state.approvals):
            person, run = event.user, self.claim.event_id
        else:
            person, run = next(iter(self.state.authors), ""), self.state.run_id or self.claim.event_id
        return Payer(self.thread.team, self.thread.channel, person, run)

    async def awaits(self, event_id: str) -> bool:
        """Whether an event of the thread waits for its turn."""
        return await self._inbox.holds(self.thread, event_id)

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
        async with self._saving:
            await self._save(*changed, writes=writes, reply=reply, **state)

    async def save_alone(self, writes: Writes, **state: Any) -> bool:
        """The same, unless a message comes right behind the event: nothing is written or changed then, and False returned."""
        async with self._saving:
            was, beside = self.state, self._next
            try:
                await self._save(writes=writes, alone=True, **state)
            except MessageBehind:
                self._next = beside.add(self._next)
                self.state = replace(self.state, **{name: getattr(was, name) for name in state})
                return False
            return True

    async def _save(self, *changed: Approval, alone: bool = False, **given: Any) -> None:
        writes, reply = given.pop("writes") or Writes(), given.pop("reply", None) or self.reply
        reply = replace(reply, remarks=tuple(dict.fromkeys(self.remarks)))
        self.state = replace(self.state, **given).with_reply(reply)
        _is_of_run(given.get("run_id", ""))
        beside, self._next = self._next, Writes()
        writes.add(beside)
        for approval in changed:
            writes.approval(approval)
        await self._write(writes.state(self.state).session(self.session), alone=alone)
        self.session.mark_saved()

    def with_next(self, writes: Writes, **state: Any) -> None:
        """Write this with the next save, whatever that is: both then are of the same moment."""
        self._next.add(writes)
        self.state = replace(self.state, **state)

    def now(self) -> datetime:
        """The present moment."""
        return self._sources.now()

    async def save_beside(self, writes: Writes, *, only_in: str = "") -> None:
        """Write something of a call that is under way: nothing of the thread's row or session.

        `only_in` is the `run_id` of the one Redis that may; elsewhere the lease counts as lost.
        """
        await self._write(writes, only_in)

    async def save_confirmed(self, writes: Writes, *, only_in: str = "") -> bool:
        """The same, and wait for Redis to confirm it; False where it did not in time."""
        spent = self._spent()
        noted = self._entries.into(writes.usage(spent))
        confirmed = await self._inbox.checkpoint_confirmed(self.claim, writes, only_in=only_in)
        self._are_written(noted, spent)
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
        self._entries.note(entry, approval)

    def retire(self, approvals: Sequence[Approval]) -> None:
        """Note that the cards of these approvals have yet to show what became of them."""
        closed = tuple(approval.id for approval in approvals)
        self.state = self.state.with_reply(replace(self.reply, closed=(*self.reply.closed, *closed)))

    async def look_again(self, approval: Approval, card: CardRef) -> None:
        """Have a card shown anew by whoever holds its thread by now: this worker may have come too late."""
        repair = RepairDue(approval.id, ((card.channel, card.ts),), 0)
        again = f"repair:{approval.id}:late:{card.channel}:{card.ts}:{self.claim.event_id}:{self.claim.tries}"
        await self._inbox.append(approval.thread, repair, event_ids=(again,))

    async def settle(
        self, outcome: Outcome, *changed: Approval, writes: Writes | None = None, **state: Any
    ) -> None:
        """Record how the event was answered; from here on only the delivery is ever repeated."""
        reply = replace(self.reply, outcome=outcome, results=self.results)
        await self.save(*changed, writes=writes, reply=reply, **state)
        self._metrics.answered(outcome)

    def has_words(self) -> None:
        """Hear that the first words of the reply are in Slack."""
        event = self.claim.event
        if isinstance(event, MessageReceived) and self._began_anew:
            self._metrics.first_text(self.now().timestamp() - float(event.ts))

    def finish(self) -> Writes:
        """Close the reply: what the commit of this event still has to write."""
        self._last = self._spent()  # while it is known of which run it is
        reply, self.state = self.reply, self.state.without_reply(self.claim.event_id)
        writes = self.later.state(self.state).session(self.session).usage(self._last)
        if not self.thread.is_home:
            whole = replace(self.course, used=self.course.used + total(usage_of(one) for one in self._last))
            event = became(self.claim, reply, whole, run=self.state.run_id, ended=self.now())
            writes.what(kept(event), event)
        self._last_noted = self._entries.into(writes)
        return writes

    def committed(self) -> None:
        """Note that what `finish` returned is written."""
        self._are_written(self._last_noted, self._last)

    async def _write(self, writes: Writes, only_in: str = "", *, alone: bool = False) -> None:
        spent = self._spent()
        noted = self._entries.into(writes.usage(spent))
        await self._inbox.checkpoint(self.claim, writes, only_in=only_in, alone=alone)
        self._are_written(noted, spent)

    def _spent(self) -> list[Spent]:
        """What requests used that is not written yet, on the account of who asked for the run."""
        self.meter.person = self._asker()
        return self.meter.due()

    def _asker(self) -> str:
        return self.payer().person or str(getattr(self.claim.event, "user", ""))

    def _are_written(self, noted: Sequence[Noted], spent: Sequence[Spent]) -> None:
        self._entries.are_written(noted)
        self.course.used += total(usage_of(one) for one in spent)
        self.meter.written(spent)
        self._metrics.spent(spent)


def _is_of_run(run_id: str) -> None:
    """Let what is logged and traced from here on say of which run it is."""
    if run_id:
        logs.add(run=run_id)
        tracing.note("countersign.run", run_id)
