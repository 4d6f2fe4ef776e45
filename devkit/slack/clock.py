"""The time of the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta


class Clock:
    """The stand-in's time: real time plus what it was advanced by, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead = 0.0
        self.moved: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self._now() + self._ahead

    def advance(self, time: timedelta | float) -> None:
        """Move time forward; what becomes due by it happens now."""
        self._ahead += time.total_seconds() if isinstance(time, timedelta) else time
        self.moved()
