"""The pace of calls to Slack: live edits wait, final texts and cards overtake them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final

from bot.errors import SlackBusy
from bot.slack import limits

#: The method whose calls are counted: live edits and what overtakes them share its rate.
EDIT: Final = "chat.update"
#: Edits that may follow each other at once before the rate sets in.
BURST: Final = 20
#: The longest an urgent call waits for Slack in place, in seconds; beyond, the event is tried later.
PATIENCE: Final = 5.0
#: Seconds not worth waiting for: sums of fractions come out a little short, and waiting for so
#: little might not move the clock at all.
_SOON: Final = 1e-3


class Limiter:
    """One per workspace. `clock` counts seconds and only moves forward; `sleep` waits by it.

    `interval` is the least number of seconds between two edits of one message.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        interval: float = 1.0,
        per_minute: int = limits.EDITS_PER_MINUTE,
        patience: float = PATIENCE,
    ) -> None:
        self.clock = clock
        #: The longest an urgent call waits for Slack in place, in seconds.
        self.patience = patience
        self.interval = interval
        self._sleep = sleep
        self._rate = per_minute / 60
        self._tokens = float(BURST)
        self._counted_at = clock()
        self._paused: dict[str, float] = {}
        self._line = asyncio.Lock()
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def live(self, *, not_before: float = 0.0) -> None:
        """Wait until a live edit may be made; first come, first served.

        That is when `not_before` (by the clock) has come, Slack has not asked for a pause, the
        shared rate allows it and nothing urgent waits.
        """
        await self.until(not_before)
        async with self._line:
            while (wait := self._wait()) > _SOON or not self._calm.is_set():
                await self._calm.wait()
                if wait > _SOON:
                    await self._sleep(wait)
            self._tokens -= 1

    async def urgent(self, method: str) -> None:
        """Wait out a pause, ahead of every live edit.

        Raises `SlackBusy` at once when the pause is longer than `patience`.
        """
        with self._overtaking():
            while (pause := self._pause_of(method)) > _SOON:
                if pause > self.patience:
                    raise SlackBusy(method, pause)
                await self._sleep(pause)
            if method == EDIT:
                self._count()
                self._tokens -= 1  # below zero where need be: the live edits make up for it

    async def until(self, moment: float) -> None:
        """Wait for a moment of the clock."""
        while (wait := moment - self.clock()) > _SOON:
            await self._sleep(wait)

    def pause(self, method: str, seconds: float) -> None:
        """Hold all calls of a method back, as Slack asked with `Retry-After`."""
        self._paused[method] = max(self._paused.get(method, 0.0), self.clock() + seconds)

    def _pause_of(self, method: str) -> float:
        return self._paused.get(method, 0.0) - self.clock()

    def _wait(self) -> float:
        self._count()
        return max(self._pause_of(EDIT), (1 - self._tokens) / self._rate)

    def _count(self) -> None:
        now = self.clock()
        self._tokens = min(BURST, self._tokens + (now - self._counted_at) * self._rate)
        self._counted_at = now

    @contextmanager
    def _overtaking(self) -> Generator[None]:
        self._urgent += 1
        self._calm.clear()
        try:
            yield
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._calm.set()
