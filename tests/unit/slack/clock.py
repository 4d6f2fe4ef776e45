"""A clock that moves only when told, with everything that waits for it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")

#: Passes of the event loop after which everything that can go on has done so.
PASSES = 60
#: How often something may be handed over to a thread meanwhile.
HANDED_OVER = 4
#: The loops that have one thread, so that what it is given is done in order.
ONE_THREAD: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        """What the code under test takes for sleeping."""
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds, self._count, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking in order whoever waits for a moment in between."""
        target = self.now + seconds
        await settle()
        while (moment := self._next()) is not None and moment <= target:
            await self._wake()
        self.now = target
        await settle()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something, letting as much time pass as it waits for."""
        task = asyncio.create_task(work)
        await settle()
        while not task.done():
            assert self._next() is not None, "it waits for something else than time"
            await self._wake()
        return await task

    def _next(self) -> float | None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    async def _wake(self) -> None:
        moment, _, future = heapq.heappop(self._waiting)
        self.now = max(self.now, moment)
        future.set_result(None)
        await settle()


async def settle() -> None:
    """Let every task go on until all of them wait, and not for a thread."""
    loop = asyncio.get_running_loop()
    if loop not in ONE_THREAD:
        loop.set_default_executor(ThreadPoolExecutor(1))
        ONE_THREAD.add(loop)
    for _ in range(HANDED_OVER):
        for _ in range(PASSES // HANDED_OVER):
            future = loop.create_future()
            loop.call_soon(future.set_result, None)
            await future
        # In the one thread there is, all that was handed over before is done by then.
        await loop.run_in_executor(None, int)
