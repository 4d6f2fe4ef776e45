"""The line of those whose message waits, as it stands now; `store/lua/rank.lua` puts them into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.thread import ThreadRef
from bot.store.keys import Keys
from bot.store.ranks import SPAN

#: How many are looked at in a shard.
DEEPEST: Final = 2000


@dataclass(frozen=True, slots=True)
class InLine:
    """A thread whose message waits: how many threads go before it, and the millisecond it counts from."""

    thread: ThreadRef
    ahead: int
    since: float


class Line:
    """Reads the line of all shards as one."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def read(self) -> list[InLine]:
        """List who waits with a message, in order; those behind `DEEPEST` others of their shard are left out."""
        pipeline = self._redis.pipeline(transaction=False)
        for shard in range(self._keys.shards):
            due = self._keys.due(shard)
            pipeline.zcount(due, -2 * SPAN, f"({-SPAN}")
            pipeline.zrangebyscore(due, -SPAN, "(0", start=0, num=DEEPEST, withscores=True)
        answers: Any = await pipeline.execute()
        going_on = sum(answers[::2])
        rows = sorted((score, member.decode()) for found in answers[1::2] for member, score in found)
        return [
            InLine(ThreadRef.parse(member), going_on + place, score + SPAN)
            for place, (score, member) in enumerate(rows)
        ]

    async def untold(self, waiting: Sequence[InLine]) -> list[InLine]:
        """Those in whose threads it was not said that it takes long."""
        pipeline = self._redis.pipeline(transaction=False)
        for one in waiting:
            pipeline.hexists(self._keys.row(one.thread), "told")
        told = await pipeline.execute() if waiting else []
        return [one for one, is_told in zip(waiting, told, strict=True) if not is_told]
