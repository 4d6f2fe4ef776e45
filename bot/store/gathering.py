"""A client whose commands that are asked for at the same moment go to Redis in one round trip."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import DataError


class Gathering(Redis):
    """Each command stays one of its own, with its own answer or error, and none waits for others to come.

    Gathered is what is asked for in one turn of the event loop and the next, so by tasks that do not wait for each other:
    by `asyncio.gather` of several readings, or by threads that are worked on beside each other.
    """

    _commands: list[tuple[tuple[Any, ...], dict[str, Any]]]
    _round_trip: asyncio.Task[list[Any]] | None = None

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Carry out one command."""
        if self._round_trip is None:
            self._commands = []
            self._round_trip = asyncio.create_task(self._send())
        place, round_trip = len(self._commands), self._round_trip
        self._commands.append((args, options))
        try:
            # Who is cut off does not cut off the others.
            answer: Any = (await asyncio.shield(round_trip))[place]
        except (DataError, TypeError, UnicodeEncodeError):
            # One of these cannot be sent, so that none was.
            alone: Any = await cast("Any", super()).execute_command(*args, **options)
            return alone
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _send(self) -> list[Any]:
        await asyncio.sleep(0)  # tasks that were begun in this turn ask in the next
        commands, self._round_trip = self._commands, None
        if len(commands) == 1:
            ((args, options),) = commands
            alone: Any = cast("Any", super()).execute_command(*args, **options)
            answers: list[Any] = [*await asyncio.gather(alone, return_exceptions=True)]
            return answers
        async with self.pipeline(transaction=False) as pipeline:
            for args, options in commands:
                pipeline.execute_command(*args, **options)
            return await pipeline.execute(raise_on_error=False)
