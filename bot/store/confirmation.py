"""What Redis has to confirm before a side effect begins: that it will still know of it after a power loss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, ResponseError

from bot.store.keys import Keys


class WaitFor(StrEnum):
    """Who has to have a write: nobody, the append-only file (on disk), or replicas (in memory)."""

    NOTHING = "nothing"
    DISK = "disk"
    REPLICAS = "replicas"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How long which confirmation is waited for.

    Both commands speak of the writes of their own connection, so they are sent behind the write
    itself. https://redis.io/docs/latest/commands/waitaof, https://redis.io/docs/latest/commands/wait
    """

    wait_for: WaitFor
    timeout: timedelta
    replicas: int = 1

    def ask(self, pipeline: Pipeline) -> None:
        """Send the question behind a write."""
        milliseconds = int(self.timeout / timedelta(milliseconds=1))
        if self.wait_for is WaitFor.DISK:
            pipeline.waitaof(1, 0, milliseconds)
        else:
            pipeline.wait(self.replicas, milliseconds)

    def is_met(self, told: Any) -> bool:
        """Read the answer; an error is none (the server may be another one by now)."""
        if isinstance(told, ResponseError):
            return False
        if self.wait_for is WaitFor.DISK:
            return int(told[0]) >= 1
        return int(told) >= self.replicas

    async def is_kept(self, redis: Redis, keys: Keys) -> bool:
        """Whether all that was written so far is confirmed: Redis keeps writes in their order. True where nothing is waited for."""
        return self.wait_for is WaitFor.NOTHING or await self.is_given(redis, keys)

    async def is_given(self, redis: Redis, keys: Keys) -> bool:
        """Try it out with a write of no meaning; False also where Redis does not answer."""
        async with redis.pipeline(transaction=False) as pipeline:
            pipeline.set(keys.trial(), "")
            self.ask(pipeline)
            try:
                written, told = await pipeline.execute(raise_on_error=False)
            except RedisError:
                return False
        return written is True and self.is_met(told)
