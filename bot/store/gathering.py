"""A client whose commands that are asked for at the same moment go to Redis in one round trip."""

from __future__ import annotations

import asyncio
import functools
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
    _round_trips: frozenset[asyncio.Task[list[Any]]] = frozenset()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Carry out one command."""
        # Of its own: who is cut off does not cut off the others.
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asked = self._begin() if self._asked is None else self._asked
        asked.append((args, options, answer))
        if (given := await answer) is not UNSENT:
            return given
        alone: Any = await cast("Any", super()).execute_command(*args, **options)
        return alone

    def _begin(self) -> list[Asked]:
        asked = self._asked = list[Asked]()
        begun = asyncio.create_task(self._send(asked))
        self._round_trips |= {begun}
        begun.add_done_callback(functools.partial(self._deliver, asked))
        return asked

    async def _send(self, asked: Sequence[Asked]) -> list[Any]:
        await asyncio.sleep(0)  # tasks that were begun in this turn ask in the next
        self._asked = None
        return await self._answers(asked)

    def _deliver(self, asked: Sequence[Asked], round_trip: asyncio.Task[list[Any]]) -> None:
        self._round_trips -= {round_trip}
        if self._asked is asked:  # it was cut off before it began
            self._asked = None
        if round_trip.cancelled():
            for _, _, answer in asked:
                answer.cancel()
            return
        error = round_trip.exception()
        answers: list[Any] = [error] * len(asked) if error else round_trip.result()
        for (_, _, answer), given in zip(asked, answers, strict=True):
            if answer.done():
                continue
            if isinstance(given, BaseException):
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
