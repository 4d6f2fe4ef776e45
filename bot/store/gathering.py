"""A client whose commands that are asked for at the same moment go to Redis in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.exceptions import DataError

#: A command, its options, and where its answer goes.
Asked = tuple[tuple[Any, ...], dict[str, Any], asyncio.Future[Any]]
#: Stands for an answer where one of several commands cannot be sent, so that none was.
UNSENT: Final = object()


class Gathering(Redis):
    """Each command stays one of its own, with its own answer or error, and none waits for others to come.

    Gathered is what is asked for in one turn of the event loop and the next, so by tasks that do not wait for each other:
    by `asyncio.gather` of several readings, or by threads that are worked on beside each other.
    """

    #: What the next round trip takes along; None where none was begun.
    _asked: list[Asked] | None = None
    #: Those under way, which the loop itself would not keep.
    _round_trips: frozenset[asyncio.Task[None]] = frozenset()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Carry out one command."""
        # Of its own: who is cut off does not cut off the others.
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._asked is None:
            self._asked = []
            self._begin()
        self._asked.append((args, options, answer))
        if (given := await answer) is not UNSENT:
            return given
        alone: Any = await cast("Any", super()).execute_command(*args, **options)
        return alone

    def _begin(self) -> None:
        begun = asyncio.create_task(self._send())
        self._round_trips |= {begun}
        begun.add_done_callback(self._ended)

    def _ended(self, round_trip: asyncio.Task[None]) -> None:
        self._round_trips -= {round_trip}

    async def _send(self) -> None:
        asked: list[Asked] = []
        answers: list[Any]
        try:
            try:
                await asyncio.sleep(0)  # tasks that were begun in this turn ask in the next
            finally:
                asked, self._asked = self._asked or [], None
            answers = await self._answers(asked)
        except asyncio.CancelledError:
            for _, _, answer in asked:
                answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - each is told
            answers = [error] * len(asked)
        for (_, _, answer), given in zip(asked, answers, strict=True):
            if answer.done():
                continue
            if isinstance(given, Exception):
                answer.set_exception(given)
            else:
                answer.set_result(given)

    async def _answers(self, asked: Sequence[Asked]) -> list[Any]:
        if len(asked) == 1:
            ((args, options, _),) = asked
            return [await cast("Any", super()).execute_command(*args, **options)]
        try:
            async with self.pipeline(transaction=False) as pipeline:
                for args, options, _ in asked:
                    pipeline.execute_command(*args, **options)
                return await pipeline.execute(raise_on_error=False)
        except (DataError, TypeError, UnicodeEncodeError):
            return [UNSENT] * len(asked)
