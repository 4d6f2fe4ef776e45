"""How workers sleep until something is due: each thread that gets in line wakes somebody, who looks at once."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from bot.domain.rank import Holding
from bot.store.keys import Keys
from bot.store.ranks import Ranks, looks, ranks_of
from bot.store.scripts import Scripts


class Wake:
    """Waits for wake-ups, and gives some. Who has no client that may block only sleeps."""

    def __init__(self, redis: Redis, blocking: Redis | None, keys: Keys, scripts: Scripts) -> None:
        self._redis = redis
        self._blocking = blocking
        self._keys = keys
        self._scripts = scripts

    async def wait(self, seconds: float, holding: Holding) -> Ranks | None:
        """Sleep until a thread may be due that one who holds so much may take, or for so long; how the line stands then."""
        if self._blocking is None:
            await asyncio.sleep(seconds)
            return None
        kinds = [self._keys.hurry] if holding.overtaking_only else [self._keys.hurry, self._keys.wake]
        lists = [kind(shard) for kind in kinds for shard in range(self._keys.shards)]
        # Redis takes a timeout of 0 for "for ever".
        shards = await self._scripts.look_when_woken(
            self._blocking, lists, max(seconds, 0.01), looks(self._keys, holding)
        )
        return None if shards is None else ranks_of(shards, holding)

    async def nudge(self) -> None:
        """Let somebody look what is due."""
        pipeline = self._redis.pipeline(transaction=False)
        for shard in range(self._keys.shards):
            pipeline.lpush(self._keys.wake(shard), "look")
            pipeline.lpush(self._keys.hurry(shard), "look")
        await pipeline.execute()
