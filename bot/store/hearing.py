"""Up to when the bot has heard Slack, for sure: a mark for all replicas, and what each of them can prove."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from bot.domain.tasks import end
from bot.store.keys import Keys

#: For so long without a word of it a replica that fills a gap is taken for dead; then another one tries.
#: It says one word in a third of it, however long Slack makes it wait.
FILLING: Final = timedelta(seconds=15)


class Hearing:
    """Reads and moves the mark, by Redis' clock.

    An open socket proves nothing: it may be deaf. What is proven is what was read from Slack's
    history, for everybody, and what each replica heard on all of its sockets, for itself. What a
    replica has not proven stays so when it ends.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def now(self) -> datetime:
        """The present moment, by the one clock that all replicas share."""
        seconds, microseconds = await self._redis.time()
        return datetime.fromtimestamp(seconds + microseconds / 1_000_000, UTC)

    async def since(self) -> datetime | None:
        """When the bot last heard for sure; None before its first time."""
        read = await self._redis.get(self._keys.heard())
        if read is None:
            return None
        least: Any = await self._redis.zrange(self._keys.hearers(), 0, 0, withscores=True)
        heard = max(float(read), *(score for _, score in least)) if least else float(read)
        return datetime.fromtimestamp(heard, UTC)

    async def mark(self, moment: datetime) -> None:
        """Say that up to this moment everything was read from Slack's history."""
        seconds = f"{moment.timestamp():.3f}"
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.set(self._keys.heard(), seconds)
            pipeline.zremrangebyscore(self._keys.hearers(), "-inf", seconds)
            await pipeline.execute()

    async def disprove(self) -> None:
        """Forget what replicas have proven, by a clock that showed another time."""
        await self._redis.delete(self._keys.hearers())

    async def prove(self, replica: str, moment: datetime) -> None:
        """Say that up to this moment a replica has heard whatever Slack had for it."""
        await self._redis.zadd(self._keys.hearers(), {replica: round(moment.timestamp(), 3)})

    @asynccontextmanager
    async def filling(self) -> AsyncGenerator[bool]:
        """Let no other replica read history while the block runs; false where another one does.

        Raises `RedisError`. Who loses it meanwhile reads on: what two have read is taken in once.
        """
        seconds = FILLING.total_seconds()
        lock = self._redis.lock(self._keys.filling(), timeout=seconds, blocking=False, thread_local=False)
        if not await lock.acquire():
            yield False
            return
        holding = asyncio.create_task(_hold(lock))
        try:
            yield True
        finally:
            await end(holding)
            with contextlib.suppress(LockError):  # lapsed meanwhile
                await lock.release()


async def _hold(lock: Lock) -> None:
    """Prolong a lock until cancelled, or until another one has it."""
    while True:
        await asyncio.sleep(FILLING.total_seconds() / 3)
        try:
            await lock.reacquire()
        except LockError:
            return
        except RedisError:
            continue  # away for a moment; by the next time it may have lapsed
