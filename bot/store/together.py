"""Calls of one script that are made at the same moment go to Redis in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError

Argument = str | bytes | int


class Together:
    """Each stays a call of its own, with its own answer or error, and none waits for others to come.

    In a flood a socket hands out many messages in one turn of the event loop, and a command of redis-py's costs as
    much as reading and sealing a message.
    """

    def __init__(self, redis: Redis, script: AsyncScript) -> None:
        self._redis = redis
        self._script = script
        #: What was called in this turn of the loop, and the round trip that begins with the next.
        self._calls: list[tuple[Sequence[str], Sequence[Argument]]] = []
        self._round_trip: asyncio.Task[list[Any]] | None = None

    async def call(self, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """Call the script once."""
        if self._round_trip is None:
            self._round_trip = asyncio.create_task(self._send())
        place, round_trip = len(self._calls), self._round_trip
        self._calls.append((keys, arguments))
        try:
            # Who is cut off does not cut off the others.
            answer = (await asyncio.shield(round_trip))[place]
            if isinstance(answer, Exception):
                raise answer
        except (NoScriptError, TypeError, UnicodeEncodeError):
            # The server has lost the script, or one of all these calls cannot be sent, so that none was.
            return await self._script(keys=list(keys), args=list(arguments))
        return answer

    async def _send(self) -> list[Any]:
        calls, self._calls, self._round_trip = self._calls, [], None
        async with self._redis.pipeline(transaction=False) as pipeline:
            for keys, arguments in calls:
                pipeline.evalsha(self._script.sha, len(keys), *keys, *arguments)
            return await pipeline.execute(raise_on_error=False)
