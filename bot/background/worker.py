"""The loop that works threads off: claim, keep the lease, handle, commit, the next thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from bot.background import backoff
from bot.background.heartbeat import heartbeat
from bot.background.left_for_keys import LeftForKeys
from bot.background.measuring import measured
from bot.background.metering import metered
from bot.background.slots import Slots
from bot.background.starvation import Starvation
from bot.background.traced import traced
from bot.conversation.conversation import Conversation
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.duty import Duty, Why
from bot.domain.errors import (
    HandedOver,
    KeyMissing,
    LeaseLost,
    NeedsRunSlot,
    NotConfirmed,
    SlackRejected,
    SlackUnavailable,
    UnknownSchema,
)
from bot.domain.lease import PRESENT, Lease
from bot.domain.rank import Holding
from bot.domain.resources import is_out_of_memory
from bot.domain.run import ThreadState
from bot.domain.sources import Sources
from bot.domain.tasks import first_of
from bot.store.budgets import Budgets
from bot.store.claim import Claim
from bot.store.held import holding_thread
from bot.store.inbox import Inbox
from bot.store.ranks import Ranks
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from bot.store.writes import Writes
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving
from bot.telemetry.tracing import Traces

log = logging.getLogger(__name__)

#: The longest a worker sleeps without looking, in seconds; a lost wake-up costs no more.
POLL = 5.0
#: Claims of one event that failed or died before it is put aside.
MAX_TRIES = 5
#: How long to wait before asking a Redis again that did not answer, in seconds.
REDIS_PAUSE = 1.0
#: What `/readyz` says of a replica that is being stopped.
LEAVES = "It was told to stop"


class Worker:
    """Works several threads at once, one in each of its slots, but never two events of one thread."""

    def __init__(  # noqa: PLR0913 - what it works with, and what may keep it from that, each by its name
        self,
        inbox: Inbox,
        threads: ThreadStore,
        conversation: Conversation,
        *,
        sources: Sources,
        slots: Slots,
        duty: Duty,
        starvation: Starvation,
        usage: UsageBook,
        metrics: Metrics,
        budgets: Budgets | None = None,
        traces: Traces | None = None,
    ) -> None:
        self._inbox = inbox
        self._threads = threads
        self._conversation = conversation
        self._sources = sources
        self._slots, self._lease = slots, inbox.lease
        self._duty, self._starvation = duty, starvation
        self._usage, self._traces, self._metrics, self._budgets = usage, traces, metrics, budgets
        self._leaving = asyncio.Event()
        self.left = LeftForKeys(asyncio.get_running_loop().time)
        self._tasks: set[asyncio.Task[None]] = set()
        self._claims = asyncio.Lock()

    async def run(self) -> None:
        """Claim and handle while on duty, until `drain`, whatever that ends in; a Redis that does not answer is asked again."""
        while not self._leaving.is_set():
            with outliving(Loop.WORKER, self._metrics):
                return await self._claim_and_handle()
            await asyncio.sleep(REDIS_PAUSE)

    async def _claim_and_handle(self) -> None:
        ranks: Ranks | None = None
        while not self._leaving.is_set():
            seen, ranks = ranks, None
            self._starvation.look()
            if self._duty.is_off:
                await self._nudge()  # a wake-up may have come to this replica, which does not follow it
                await self._until(self._duty.resumed())
                continue
            self._slots.freed.clear()
            if (holding := self._slots.holding()) is None:
                await self._until(self._slots.freed.wait())
                continue
            lease = Lease(self._lease, asyncio.get_running_loop().time)
            asked = lease.ask()
            try:
                async with self._claims:
                    avoid = self.left.avoided()
                    found = await self._inbox.claim(self._sources.token(), holding, avoid=avoid, ranks=seen)
            except RedisError as error:
                log.warning("claim failed", extra={"error": type(error).__name__})
                await asyncio.sleep(REDIS_PAUSE)
                continue
            if isinstance(found, Claim):
                lease.granted(asked)
                self._begin(found, holding, lease)
                rest, left = found.nothing_else_for, self._slots.holding()
            else:
                rest, left = POLL if found is None else found, holding
            if rest is not None and left is not None:
                ranks = await self._wait(min(rest, POLL), left)
        await self._nudge()  # the last wake-up may have come to this replica, which leaves

    def _begin(self, claim: Claim, holding: Holding, lease: Lease) -> None:
        """Work on a claim in a slot of its kind."""
        self._slots.take(claim, holding)
        task = asyncio.create_task(self._work(claim, lease, may_run=not holding.overtaking_only))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        task.add_done_callback(lambda _: self._slots.free(claim, holding))

    async def drain(self, timeout: timedelta) -> None:
        """Stop claiming, let runs end or come to a checkpoint, and hand them over there.

        What is left after `timeout` is cut off; it is resumed from its last checkpoint.
        """
        self._leaving.set()
        self._duty.keep_off(Why.LEAVING, LEAVES)
        with contextlib.suppress(TimeoutError):  # what is claimed at this moment is worked on, too
            async with asyncio.timeout(min(REDIS_PAUSE, timeout.total_seconds())), self._claims:
                pass
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease lapses and the event is tried again; nothing is lost with this task.
            log.error("worker task died", extra={"error": type(error).__name__})

    async def _wait(self, seconds: float, holding: Holding) -> Ranks | None:
        """Sleep until something may be due, for so long at most, or somebody who was held back may go on.

        Returns how the line stands then, where that is known.
        """
        freed = [self._slots.freed.wait()] if holding.holds_back else []
        try:
            came = await self._until(self._inbox.wait(seconds, holding), *freed)
        except RedisError:
            await asyncio.sleep(REDIS_PAUSE)
            return None
        return next((one for one in came if isinstance(one, Ranks)), None)

    async def _until(self, *moments: Coroutine[Any, Any, object]) -> list[object]:
        """Sleep until one of these has come, or this replica leaves; what came returned, or raises what it raised."""
        return await first_of(*moments, self._leaving.wait())

    async def _nudge(self) -> None:
        with contextlib.suppress(RedisError):  # they look every few seconds all the same
            await self._inbox.nudge()

    async def _work(self, claim: Claim, lease: Lease, *, may_run: bool) -> None:
        """Handle the claimed event, and let its thread go."""
        PRESENT.set(lease)
        with holding_thread(claim.thread), traced(self._traces, claim):
            try:
                async with metered(self._usage, self._sources, claim.thread, self._metrics, self._budgets):
                    with measured(self._metrics, claim, self._sources.ticks):
                        await self._handle(claim, lease, may_run=may_run)
            except KeyMissing as missing:
                with contextlib.suppress(RedisError, LeaseLost):
                    await self.left.leave(claim, missing, self._inbox, self._conversation)
            except HandedOver as over:
                await self._hand_over(claim, forgive=not is_out_of_memory(over))
            except LeaseLost:
                log.info("lease lost")
            except RedisError as error:
                # The lease lapses; whoever claims next goes on from the last checkpoint.
                log.warning("redis failed", extra={"error": type(error).__name__})
            except asyncio.CancelledError:
                await self._hand_over(claim)
                raise

    async def _hand_over(self, claim: Claim, *, forgive: bool = True) -> None:
        """Let another replica have the event at once; that this one leaves is not its fault."""
        with contextlib.suppress(RedisError, LeaseLost):
            await self._inbox.release(claim, forgive=forgive)
        await self._nudge()

    async def _handle(self, claim: Claim, lease: Lease, *, may_run: bool) -> None:
        state = await self._load(claim)
        session = self._threads.session(claim.thread, state.generation if state else 0)
        h = Handling(claim, state, session, self._inbox, self._sources, self._metrics)
        h.leaving, h.may_run = self._duty.handing_over, may_run
        try:
            async with heartbeat(self._inbox, h, lease):
                writes = await self._handled(h)
        except (LeaseLost, RedisError):
            raise
        except NeedsRunSlot:
            return await self._inbox.release_to_run(claim)
        except (NotConfirmed, SlackUnavailable) as error:
            return await self._inbox.release(claim, retry_in=backoff.pause(error, claim.tries), forgive=True)
        except Exception as error:
            # Everything is caught: an event must never take its thread, or the worker, down with it.
            if self._is_for_another(error, claim):
                raise HandedOver from error
            reference = h.course.reference = self._sources.token()
            if isinstance(error, SlackRejected) and error.is_closed:
                log.warning("thread is closed to the bot", extra={"reference": reference, "code": error.code})
            else:
                self._metrics.failed()
                log.exception("event failed", extra={"reference": reference, "error": type(error).__name__})
                if claim.tries < MAX_TRIES:
                    return await self._inbox.release(claim, retry_in=backoff.after(claim.tries))
            return await self._give_up(h, reference)
        await self._inbox.commit(claim, writes)
        return h.committed()

    def _is_for_another(self, error: Exception, claim: Claim) -> bool:
        """Whether another replica is to have the event: this one leaves, or is given too little by its machine."""
        if is_out_of_memory(error) and claim.tries >= MAX_TRIES:
            return False  # it is the event that takes too much
        return self._starvation.met(error) or isinstance(error, HandedOver)

    async def _load(self, claim: Claim) -> ThreadState | None:
        """The thread's row, None where it cannot be read. Raises `KeyMissing`."""
        if claim.lacks_key:
            raise KeyMissing
        try:
            state = self._threads.opened_row(claim.thread, claim.row)
        except KeyMissing:
            raise
        except UnknownSchema:
            state = None
        asked = getattr(claim.event, "approval_id", "")
        waiting = state.approvals if state else ()
        await self._threads.insist_on_keys(claim.thread, [*waiting, *([asked] if asked else [])])
        self.left.was_read(claim.thread)
        return state

    async def _give_up(self, h: Handling, reference: str) -> None:
        """Put the event aside; where nobody could be told of it yet, it is kept until then."""
        try:
            writes = await self._conversation.give_up(h, reference)
        except SlackUnavailable as error:
            wait = timedelta(seconds=max(error.retry_after, backoff.LAST))
            return await self._inbox.release(h.claim, retry_in=wait)
        await self._inbox.commit(h.claim, writes)
        return h.committed()

    async def _handled(self, h: Handling) -> Writes:
        """Handle the event, and let no live edit outlive the handling."""
        try:
            return await self._conversation.handle(h)
        except (Exception, asyncio.CancelledError) as error:
            if h.stream is not None and (said := self._meanwhile(h, error)):
                await h.stream.pause(said)
            raise
        finally:
            if h.stream is not None:
                await h.stream.abandon()

    def _meanwhile(self, h: Handling, error: BaseException) -> str:
        """What half a message says until somebody goes on with it."""
        if isinstance(error, NotConfirmed):
            return sentences.NOT_CONFIRMED
        leaves = h.leaving.is_set() and isinstance(error, HandedOver | asyncio.CancelledError)
        return sentences.PAUSED if leaves or self._starvation.met(error) else ""
