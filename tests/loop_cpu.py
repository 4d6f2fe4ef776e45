"""How long the event loop was busy at a stretch: CPU of its thread, which a busy machine does not change."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Final, Self

#: Seconds of CPU that nothing may take of an event loop at a stretch.
MOST: Final = 0.05
#: Seconds between two looks.
PACE: Final = 0.001


class LoopCpu:
    """Measures while it is entered. `worst` is the longest stretch so far, in seconds of CPU."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._before = 0.0
        self._next: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._before = time.thread_time()
        self._look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next:
            self._next.cancel()
        self._note()

    def _note(self) -> None:
        now = time.thread_time()
        self.worst, self._before = max(self.worst, now - self._before), now

    def _look(self) -> None:
        self._note()
        self._next = asyncio.get_running_loop().call_later(PACE, self._look)
