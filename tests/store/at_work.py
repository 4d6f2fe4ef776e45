"""A worker at work on a real Redis, with a conversation that only says how each event ended."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.background.answer_times import AnswerTimes
from bot.background.slots import Slots
from bot.background.starvation import Starvation
from bot.background.worker import Worker
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

#: How long it may take to end.
DRAIN = timedelta(seconds=5)


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


@dataclass(frozen=True, slots=True)
class AtWork:
    """A worker, and where it gets its work."""

    worker: Worker
    inbox: Inbox
    redis: Redis
    keys: Keys


@asynccontextmanager
async def at_work(
    redis_server: RedisServer, conversation: Failing, kind: type[Inbox] = Inbox
) -> AsyncGenerator[AtWork]:
    """Let a worker work on one event while the block runs."""
    async with (
        client.connect(redis_server.url) as redis,
        client.connect_blocking(redis_server.url) as blocking,
    ):
        keys, sealer = Keys(f"t{secrets.token_hex(4)}", 1), Sealer([Fernet.generate_key().decode()])
        terms: Any = {"dedupe_ttl": timedelta(hours=1), "lease": timedelta(seconds=30), "blocking": blocking}
        inbox, threads = kind(redis, keys, sealer, **terms), ThreadStore(redis, keys, sealer)
        await inbox.append(THREAD, MessageReceived("1.1", ANA, "hi"), event_ids=("m1",))
        duty = Duty()
        want = Starvation(duty, Left, asyncio.get_running_loop().time)
        worker = Worker(
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
        async with in_background(want.watch(Metrics())), in_background(worker.run()), asyncio.timeout(30):
            yield AtWork(worker, inbox, redis, keys)
