"""Up to when the bot has heard Slack, for sure: a mark for all replicas, and what each of them can prove."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.lock import Lock

from bot.store.keys import Keys

#: For so long without a word of it a replica that fills a gap may be dead; then another one tries.
FILLING: Final = timedelta(minutes=5)


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

    async def prove(self, replica: str, moment: datetime) -> None:
        """Say that up to this moment a replica has heard whatever Slack had for it."""
        await self._redis.zadd(self._keys.hearers(), {replica: round(moment.timestamp(), 3)})

    def filling(self) -> Lock:
        """Get the lock of whoever fills a gap, to be acquired without waiting, and again in between."""
        seconds = FILLING.total_seconds()
        return self._redis.lock(self._keys.filling(), timeout=seconds, blocking=False, thread_local=False)
