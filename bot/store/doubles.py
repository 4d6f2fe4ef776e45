"""Slack tells of one message twice, as a mention and as a message: the second is known to be one without asking Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.store.inbox import Appended

#: For so many seconds it is remembered what was stored. The second comes some milliseconds behind the first.
KNOWN_FOR: Final = 1.0


@dataclass(frozen=True, slots=True)
class _First:
    answer: asyncio.Future[Appended]
    until: float


class Doubles:
    """What this process has just stored, or is storing, by the name of the message."""

    def __init__(self) -> None:
        self._firsts: dict[str, _First] = {}

    async def once(self, name: str, append: Callable[[], Awaitable[Appended]]) -> Appended:
        """Append what was not stored a moment ago. What is said of the second is as sure as what Redis said of the first."""
        loop = asyncio.get_running_loop()
        first = self._firsts.get(name)
        if first is not None and loop.time() < first.until and await _is_stored(first.answer):
            return Appended.DUPLICATE
        self._firsts = {one: it for one, it in self._firsts.items() if loop.time() < it.until}
        answer: asyncio.Future[Appended] = loop.create_future()
        self._firsts[name] = _First(answer, loop.time() + KNOWN_FOR)
        try:
            answer.set_result(appended := await append())
            return appended
        finally:
            answer.cancel()  # of one that has no answer


async def _is_stored(answer: asyncio.Future[Appended]) -> bool:
    """Whether Redis has said so; False where it was not asked to the end."""
    await asyncio.wait([answer])
    return not answer.cancelled() and answer.result() is not Appended.UNKNOWN_THREAD
