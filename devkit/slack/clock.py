"""The stand-in's clock: the real one, plus what a test let it skip."""

from __future__ import annotations

import asyncio
import contextlib
import time


class Clock:
    """Seconds since 1970; whoever waits on it wakes when it is advanced."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._advanced = asyncio.Event()
        self._last_ts = 0

    def now(self) -> float:
        return time.time() + self._skipped  # noqa: TID251 - the stand-in is where its own time comes from

    def advance(self, seconds: float) -> None:
        """Skip some seconds: everything due by then happens now."""
        self._skipped += seconds
        self._advanced.set()
        self._advanced = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock shows `seconds` more than now."""
        due = self.now() + seconds
        while (left := due - self.now()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._advanced.wait(), left)

    def next_ts(self) -> str:
        """A message timestamp, later than every other one."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        seconds, micros = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{micros:06d}"
