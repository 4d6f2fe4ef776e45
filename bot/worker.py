"""The loop that works threads off: claim, keep the lease, handle, commit, the next thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from bot import words
from bot.conversation import Conversation
from bot.errors import (
    HandedOver,
    KeyMissing,
    LeaseLost,
    NeedsRunSlot,
    NotConfirmed,
    SlackRejected,
    SlackUnavailable,
    UnknownSchema,
)
from bot.handling import Handling
from bot.lease import PRESENT, Lease
from bot.rank import Holding
from bot.run import ThreadState
from bot.slack.access import Access
from bot.slots import Slots
from bot.sources import Sources
from bot.store.inbox import Claim, Inbox, Renewal
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from bot.tasks import end
from bot.thread import ThreadRef

log = logging.getLogger(__name__)

#: The longest a worker sleeps without looking, in seconds; a lost wake-up costs no more.
POLL = 5.0
#: Claims of one event that failed or died before it is put aside.
MAX_TRIES = 5
#: Back-off after a failed try, in seconds: doubled each time, up to the last.
FIRST_BACKOFF, LAST_BACKOFF = 1.0, 30.0
#: Renewals in the life of a lease; also how soon a Stop is noticed.
BEATS = 10
#: How long a thread is left for another replica, or the operator, to bring the key that it needs.
KEY_PAUSE = timedelta(seconds=5)
#: For so long after that pause it is not taken here, so that a replica which has the key comes first.
OTHERS_FIRST = timedelta(seconds=5)
#: How long to wait before asking a Redis again that did not answer, in seconds.
REDIS_PAUSE = 1.0
#: How long an effect waits whose beginning Redis did not confirm.
NOT_CONFIRMED_PAUSE = timedelta(seconds=5)


class Worker:
    """Works several threads at once, one in each of its slots, but never two events of one thread."""

    def __init__(
        self,
        inbox: Inbox,
        threads: ThreadStore,
        conversation: Conversation,
        *,
        sources: Sources,
        slots: Slots,
        access: Access,
    ) -> None:
        self._inbox = inbox
        self._threads = threads
        self._conversation = conversation
        self._sources = sources
        self._slots = slots
        self._lease = inbox.lease
        self._access = access
        self._leaving = asyncio.Event()
        self._awake = asyncio.Event()
        self._awake.set()
        #: Set when what runs is to be handed over: this replica leaves, or rests.
        self._handing_over = asyncio.Event()
        #: The threads that were left for want of a key, and not been read since; until when they are avoided.
        self.left: dict[ThreadRef, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Claim and handle until `drain`; a Redis that does not answer is asked again.

        Nothing is claimed while Slack does not take the token: it could not be answered.
        """
        while not self._leaving.is_set():
            if self._access.refused:
                await self._until(self._access.opened())
                continue
            if not self._awake.is_set():
                await self._nudge()  # a wake-up may have come to this replica, which does not follow it
                await self._until(self._awake.wait())
                continue
            self._slots.freed.clear()
            if (holding := self._slots.holding()) is None:
                await self._until(self._slots.freed.wait())
                continue
            lease = Lease(self._lease, asyncio.get_running_loop().time)
            asked = lease.ask()
            try:
                found = await self._inbox.claim(self._sources.token(), holding, avoid=self._avoided())
            except RedisError as error:
                log.warning("claim failed", extra={"error": type(error).__name__})
                await asyncio.sleep(REDIS_PAUSE)
                continue
            if isinstance(found, Claim):
                lease.granted(asked)
                self._begin(found, holding, lease)
            else:
                await self._wait(POLL if found is None else min(found, POLL), holding)
        await self._nudge()  # the last wake-up may have come to this replica, which leaves

    def _begin(self, claim: Claim, holding: Holding, lease: Lease) -> None:
        """Work on a claim in a slot of its kind."""
        self._slots.take(claim, holding)
        task = asyncio.create_task(self._work(claim, lease, may_run=not holding.overtaking_only))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        task.add_done_callback(lambda _: self._slots.free(claim, holding))

    def rest(self, resting: bool) -> None:
        """Claim nothing more and hand runs over at their next checkpoint; or work again."""
        if resting:
            self._awake.clear()
            self._handing_over.set()
        elif not self._awake.is_set():
            self._awake.set()
            self._handing_over = asyncio.Event()

    async def drain(self, timeout: timedelta) -> None:
        """Stop claiming, let runs end or come to a checkpoint, and hand them over there.

        What is left after `timeout` is cut off; it is resumed from its last checkpoint.
        """
        self._leaving.set()
        self._handing_over.set()
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

    async def _wait(self, seconds: float, holding: Holding) -> None:
        """Sleep until something may be due, for so long at most, or somebody who was held back may go on."""
        wake = self._inbox.wait(seconds, overtaking_only=holding.overtaking_only)
        try:
            await self._until(wake, *([self._slots.freed.wait()] if holding.holds_back else []))
        except RedisError:
            await asyncio.sleep(REDIS_PAUSE)

    async def _until(self, *moments: Coroutine[Any, Any, object]) -> None:
        """Sleep until one of these has come, or this replica leaves; raises what it raised."""
        tasks = [asyncio.create_task(moment) for moment in (*moments, self._leaving.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                await end(task)

    async def _nudge(self) -> None:
        with contextlib.suppress(RedisError):  # they look every few seconds all the same
            await self._inbox.nudge()

    async def _work(self, claim: Claim, lease: Lease, *, may_run: bool) -> None:
        """Handle the claimed event, and let its thread go."""
        PRESENT.set(lease)
        try:
            await self._handle(claim, lease, may_run=may_run)
        except KeyMissing as missing:
            with contextlib.suppress(RedisError, LeaseLost):
                await self._leave(claim, missing)
        except HandedOver:
            await self._hand_over(claim)  # this replica leaves: what is not done is handed over
        except LeaseLost:
            log.info("lease lost", extra={"slack_thread": str(claim.thread)})
        except RedisError as error:
            # The lease lapses; whoever claims next goes on from the last checkpoint.
            log.warning("redis failed", extra={"error": type(error).__name__})
        except asyncio.CancelledError:
            await self._hand_over(claim)
            raise

    async def _hand_over(self, claim: Claim) -> None:
        """Let another replica have the event at once; that this one leaves is not its fault."""
        with contextlib.suppress(RedisError, LeaseLost):
            await self._inbox.release(claim, forgive=True)
        await self._nudge()

    async def _handle(self, claim: Claim, lease: Lease, *, may_run: bool) -> None:
        state = await self._load(claim)
        session = self._threads.session(claim.thread)
        h = Handling(claim, state, session, self._inbox, self._sources)
        h.leaving, h.may_run = self._handing_over, may_run
        try:
            async with self._heartbeat(h, lease):
                writes = await self._handled(h)
        except (LeaseLost, RedisError, HandedOver):
            raise
        except NeedsRunSlot:
            return await self._inbox.release_to_run(claim)
        except (NotConfirmed, SlackUnavailable) as error:
            return await self._inbox.release(claim, retry_in=_pause(error, claim.tries), forgive=True)
        except Exception as error:
            # One of the two places that catch everything: an event must never take the worker,
            # or its thread, down with it.
            reference = self._sources.token()
            if isinstance(error, SlackRejected) and error.is_closed:
                log.warning("thread is closed to the bot", extra={"reference": reference, "code": error.code})
            else:
                log.exception("event failed", extra={"reference": reference, "error": type(error).__name__})
                if claim.tries < MAX_TRIES:
                    wait = timedelta(seconds=_backoff(claim.tries))
                    return await self._inbox.release(claim, retry_in=wait)
            return await self._give_up(h, reference)
        await self._inbox.commit(claim, writes)
        return None

    async def _load(self, claim: Claim) -> ThreadState | None:
        """The thread's row, None where it cannot be read. Raises `KeyMissing`."""
        if claim.lacks_key:
            raise KeyMissing
        state = None
        try:
            state = await self._threads.load(claim.thread)
        except KeyMissing:
            raise
        except UnknownSchema:
            pass
        asked = getattr(claim.event, "approval_id", "")
        waiting = state.approvals if state else ()
        await self._threads.insist_on_keys(claim.thread, [*waiting, *([asked] if asked else [])])
        self.left.pop(claim.thread, None)
        return state

    def _avoided(self) -> set[ThreadRef]:
        """The threads that another replica, which may have their key, is to try first."""
        now = asyncio.get_running_loop().time()
        return {thread for thread, until in self.left.items() if now < until}

    async def _leave(self, claim: Claim, missing: KeyMissing) -> None:
        """Leave an event, and all that its thread holds, to whoever has the key."""
        log.error("left for want of a key", extra={"slack_thread": str(claim.thread), "why": str(missing)})
        pause = (KEY_PAUSE + OTHERS_FIRST).total_seconds()
        self.left[claim.thread] = asyncio.get_running_loop().time() + pause
        if claim.tries == 1:
            await self._conversation.say_key_missing(claim)
        await self._inbox.release(claim, retry_in=KEY_PAUSE, forgive=True)

    async def _give_up(self, h: Handling, reference: str) -> None:
        """Put the event aside; where nobody could be told of it yet, it is kept until then."""
        try:
            writes = await self._conversation.give_up(h, reference)
        except SlackUnavailable as error:
            wait = timedelta(seconds=max(error.retry_after, LAST_BACKOFF))
            return await self._inbox.release(h.claim, retry_in=wait)
        return await self._inbox.commit(h.claim, writes)

    async def _handled(self, h: Handling) -> Writes:
        """Handle the event, and let no live edit outlive the handling."""
        try:
            return await self._conversation.handle(h)
        except (HandedOver, asyncio.CancelledError):
            if h.leaving.is_set() and h.stream is not None:
                await h.stream.pause(words.PAUSED)
            raise
        except NotConfirmed:
            if h.stream is not None:
                await h.stream.pause(words.NOT_CONFIRMED)
            raise
        finally:
            if h.stream is not None:
                await h.stream.abandon()

    @asynccontextmanager
    async def _heartbeat(self, h: Handling, lease: Lease) -> AsyncGenerator[None]:
        """Renew the lease while the body runs; cut the body off when the lease is gone."""
        body = asyncio.current_task()
        beat = asyncio.create_task(self._beat(h, lease))

        def cut_off(ended: asyncio.Task[None]) -> None:
            if not ended.cancelled() and body is not None:
                body.cancel()

        beat.add_done_callback(cut_off)
        try:
            yield
        except asyncio.CancelledError:
            if beat.done() and not beat.cancelled() and body is not None:
                body.uncancel()
                raise LeaseLost from None
            raise
        finally:
            beat.remove_done_callback(cut_off)
            await end(beat)

    async def _beat(self, h: Handling, lease: Lease) -> None:
        """Renew until the lease is lost."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / BEATS)
            asked = lease.ask()
            try:
                renewal = await self._inbox.renew(h.claim)
            except RedisError:
                continue  # the lease may still hold; the next write finds out
            if renewal is Renewal.LOST:
                return
            if renewal is Renewal.INTERRUPTED:
                h.interrupted.set()
            lease.granted(asked)


def _pause(error: NotConfirmed | SlackUnavailable, tries: int) -> timedelta:
    """How long an event waits for what it needs; nobody is at fault."""
    if isinstance(error, NotConfirmed):
        log.error("redis has not confirmed the beginning of an effect; it waits")
        return NOT_CONFIRMED_PAUSE
    log.warning("slack not available", extra={"error": str(error)})
    return timedelta(seconds=max(error.retry_after, _backoff(tries)))


def _backoff(tries: int) -> float:
    return min(FIRST_BACKOFF * 2 ** (tries - 1), LAST_BACKOFF)
