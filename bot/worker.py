"""The loop that works threads off: claim, keep the lease, handle, commit, next."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from redis.exceptions import RedisError

from bot import words
from bot.conversation import Conversation
from bot.errors import HandedOver, LeaseLost, SlackRejected, SlackUnavailable, UnknownSchema
from bot.handling import Handling
from bot.lease import PRESENT, Lease
from bot.sources import Sources
from bot.store.inbox import Claim, Inbox, Renewal
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from bot.tasks import end

log = logging.getLogger(__name__)

#: The longest a worker sleeps without looking, in seconds; a lost wake-up costs no more.
POLL = 5.0
#: Claims of one event that failed or died before it is put aside.
MAX_TRIES = 5
#: Back-off after a failed try, in seconds: doubled each time, up to the last.
FIRST_BACKOFF, LAST_BACKOFF = 1.0, 30.0
#: Renewals in the life of a lease; also how soon a Stop is noticed.
BEATS = 10
#: How long to wait before asking a Redis again that did not answer, in seconds.
REDIS_PAUSE = 1.0


class Worker:
    """Works several threads at once, but never two events of one thread."""

    def __init__(
        self,
        inbox: Inbox,
        threads: ThreadStore,
        conversation: Conversation,
        *,
        sources: Sources,
        concurrency: int,
        lease: timedelta,
    ) -> None:
        self._inbox = inbox
        self._threads = threads
        self._conversation = conversation
        self._sources = sources
        self._slots = asyncio.Semaphore(concurrency)
        self._lease = lease
        self._leaving = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Claim and handle until `drain`; a Redis that does not answer is asked again."""
        while not self._leaving.is_set():
            await self._slots.acquire()
            lease = Lease(self._lease, asyncio.get_running_loop().time)
            asked = lease.ask()
            try:
                found = await self._inbox.claim(self._sources.token())
            except RedisError as error:
                self._slots.release()
                log.warning("claim failed", extra={"error": type(error).__name__})
                await asyncio.sleep(REDIS_PAUSE)
                continue
            if isinstance(found, Claim):
                lease.granted(asked)
                task = asyncio.create_task(self._work(found, lease))
                self._tasks.add(task)
                task.add_done_callback(self._done)
            else:
                self._slots.release()
                await self._wait(POLL if found is None else min(found, POLL))
        await self._nudge()  # the last wake-up may have come to this replica, which leaves

    async def drain(self, timeout: timedelta) -> None:
        """Stop claiming, let runs end or come to a checkpoint, and hand them over there.

        What is left after `timeout` is cut off; it is resumed from its last checkpoint.
        """
        self._leaving.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease lapses and the event is tried again; nothing is lost with this task.
            log.error("worker task died", extra={"error": type(error).__name__})

    async def _wait(self, seconds: float) -> None:
        """Sleep until something may be due, for so long at most, or until this replica leaves."""
        due = asyncio.create_task(self._inbox.wait(seconds))
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait({due, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if due.done():
                due.result()
        except RedisError:
            await asyncio.sleep(REDIS_PAUSE)
        finally:
            await end(leaving)
            await end(due)

    async def _nudge(self) -> None:
        with contextlib.suppress(RedisError):  # they look every few seconds all the same
            await self._inbox.nudge()

    async def _work(self, claim: Claim, lease: Lease) -> None:
        """Handle the claimed event, and those of the same thread that wait behind it."""
        current: Claim | None = claim
        PRESENT.set(lease)
        while current is not None:
            try:
                current = await self._handle(current, lease)
            except LeaseLost:
                log.info("lease lost", extra={"slack_thread": str(claim.thread)})
                return
            except RedisError as error:
                log.warning("redis failed", extra={"error": type(error).__name__})
                return  # the lease lapses; whoever claims next goes on from the last checkpoint
            except asyncio.CancelledError:
                await self._hand_over(current)
                raise
            if self._leaving.is_set() and current is not None:
                await self._hand_over(current)
                return

    async def _hand_over(self, claim: Claim) -> None:
        """Let another replica have the event at once; that this one leaves is not its fault."""
        with contextlib.suppress(RedisError, LeaseLost):
            await self._inbox.release(claim, forgive=True)
        await self._nudge()

    async def _handle(self, claim: Claim, lease: Lease) -> Claim | None:
        try:
            state = await self._threads.load(claim.thread)
        except UnknownSchema:
            state = None
        session = self._threads.session(claim.thread)
        h = Handling(claim, state, session, self._inbox, self._sources)
        h.leaving = self._leaving
        try:
            async with self._heartbeat(h, lease):
                writes = await self._handled(h)
        except (LeaseLost, RedisError):
            raise
        except HandedOver:
            return claim  # this replica leaves: what is not done is handed over
        except SlackUnavailable as error:
            log.warning("slack not available", extra={"error": str(error)})
            wait = timedelta(seconds=max(error.retry_after, _backoff(claim.tries)))
            await self._inbox.release(claim, retry_in=wait, forgive=True)
            return None
        except Exception as error:
            # One of the two places that catch everything: an event must never take the worker,
            # or its thread, down with it.
            reference = self._sources.token()
            if isinstance(error, SlackRejected) and error.is_closed:
                log.warning("thread is closed to the bot", extra={"reference": reference, "code": error.code})
            else:
                log.exception("event failed", extra={"reference": reference, "error": type(error).__name__})
                if claim.tries < MAX_TRIES:
                    await self._inbox.release(claim, retry_in=timedelta(seconds=_backoff(claim.tries)))
                    return None
            writes = await self._conversation.give_up(h, reference)
        asked = lease.ask()
        following = await self._inbox.commit(claim, writes)
        lease.granted(asked)
        return following

    async def _handled(self, h: Handling) -> Writes:
        """Handle the event, and let no live edit outlive the handling."""
        try:
            return await self._conversation.handle(h)
        except (HandedOver, asyncio.CancelledError):
            if self._leaving.is_set() and h.stream is not None:
                await h.stream.pause(words.PAUSED)
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


def _backoff(tries: int) -> float:
    return min(FIRST_BACKOFF * 2 ** (tries - 1), LAST_BACKOFF)
