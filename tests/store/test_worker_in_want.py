"""A worker whose machine gives it too little: its events are another's, unless they ask for too much themselves."""

from __future__ import annotations

import asyncio
import errno
import secrets
from datetime import timedelta
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.background import backoff, starvation
from bot.background.answer_times import AnswerTimes
from bot.background.slots import Slots
from bot.background.starvation import Starvation
from bot.background.worker import MAX_TRIES, Worker
from bot.conversation.conversation import Conversation
from bot.conversation.handling import Handling
from bot.domain.duty import Duty
from bot.domain.events import MessageReceived
from bot.domain.resources import Left
from bot.domain.tasks import in_background
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from bot.store.writes import Writes
from bot.telemetry.metrics import Metrics
from bot.wiring.app import real_sources
from tests.factories import ANA, THREAD
from tests.redis_server import RedisServer


class Failing:
    """A conversation whose first tries fail; it notes how each event ended, and after how many tries."""

    def __init__(self, error: Exception, failures: int) -> None:
        self._error = error
        self._left = failures
        self.tries: list[int] = []
        self.ended: asyncio.Queue[str] = asyncio.Queue()

    async def handle(self, h: Handling) -> Writes:
        self.tries.append(h.claim.tries)
        if self._left:
            self._left -= 1
            raise self._error
        self.ended.put_nowait("answered")
        return Writes()

    async def give_up(self, _: Handling, reference: str) -> Writes:
        assert reference
        self.ended.put_nowait("put aside")
        return Writes()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starvation, "BEAT", 0.01)
    monkeypatch.setattr(starvation, "PAUSE", 0.0)
    monkeypatch.setattr(starvation, "FRESH", 0.0)
    monkeypatch.setattr(backoff, "FIRST", 0.01)


async def ended(redis_server: RedisServer, conversation: Failing) -> str:
    """Let a worker have one event; returns how that ended."""
    async with (
        client.connect(redis_server.url) as redis,
        client.connect_blocking(redis_server.url) as blocking,
    ):
        keys, sealer = Keys(f"t{secrets.token_hex(4)}", 1), Sealer([Fernet.generate_key().decode()])
        terms: Any = {"dedupe_ttl": timedelta(hours=1), "lease": timedelta(seconds=30), "blocking": blocking}
        inbox, threads = Inbox(redis, keys, sealer, **terms), ThreadStore(redis, keys, sealer)
        await inbox.append(THREAD, MessageReceived("1.1", ANA, "hi"), event_ids=("m1",))
        duty = Duty()
        want = Starvation(duty, Left, asyncio.get_running_loop().time)
        at_work = Worker(
            inbox,
            threads,
            cast("Conversation", conversation),
            sources=real_sources(),
            slots=Slots(runs=1, overtaking=1, times=AnswerTimes(asyncio.get_running_loop().time)),
            duty=duty,
            starvation=want,
            usage=UsageBook(redis, keys),
            metrics=Metrics(),
        )
        async with in_background(want.watch(Metrics())), in_background(at_work.run()), asyncio.timeout(30):
            how = await conversation.ended.get()
            await at_work.drain(timedelta(seconds=5))
            return how


async def test_an_event_that_fails_for_want_of_files_is_tried_for_as_long_as_that_lasts(
    redis_server: RedisServer,
) -> None:
    conversation = Failing(OSError(errno.EMFILE, "Too many open files"), MAX_TRIES * 2)

    assert await ended(redis_server, conversation) == "answered"
    assert set(conversation.tries[1:]) == {2}  # each that was handed over is forgiven


async def test_an_event_that_takes_more_memory_than_there_is_is_put_aside_in_the_end(
    redis_server: RedisServer,
) -> None:
    conversation = Failing(MemoryError(), MAX_TRIES * 2)

    assert await ended(redis_server, conversation) == "put aside"
    assert conversation.tries == [*range(1, MAX_TRIES + 1)]
