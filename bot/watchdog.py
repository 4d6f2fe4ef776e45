"""Keeps the sockets of one replica open: several, so that one can be renewed while another hears.

The SDK reconnects a socket that it sees fail. What it does not see is a reconnection that hangs,
and a socket which answers pings and hears nothing more; those are replaced here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bot.slack.steady import Clock, Pace, SteadyHandler
from bot.tasks import end

log = logging.getLogger(__name__)

#: Seconds between two looks at a socket.
BEAT: Final = 5.0
#: A socket that has been down for so many seconds, since its latest attempt, is replaced.
UNWELL: Final = 30.0
#: A socket on which Slack has said nothing for so many seconds is renewed: it may be deaf.
QUIET: Final = 1800.0

#: Makes a handler that is not connected yet.
Opener = Callable[[Pace], SteadyHandler]


@dataclass(slots=True)
class Line:
    """One socket, whichever handler serves it now."""

    handler: SteadyHandler
    pace: Pace
    well_at: float


class Watchdog:
    """Holds as many sockets as it has paces."""

    def __init__(self, opener: Opener, paces: Sequence[Pace], clock: Clock) -> None:
        self._opener = opener
        self._clock = clock
        self._handlers: list[SteadyHandler] = []
        self._lines = [Line(self._make(pace), pace, clock()) for pace in paces]
        self._up = asyncio.Event()

    async def is_connected(self) -> bool:
        """Whether any socket is open and answers pings."""
        return any([await line.handler.steady.is_connected() for line in self._lines])

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Open the sockets, go on once the first is open, and keep them so until the block ends."""
        keeping = [asyncio.create_task(self._keep(line)) for line in self._lines]
        try:
            await self._up.wait()
            yield
        finally:
            for task in keeping:
                await end(task)
            await asyncio.gather(*(handler.close() for handler in self._handlers))

    async def _keep(self, line: Line) -> None:
        await line.handler.connect_async()
        self._up.set()
        while True:
            await asyncio.sleep(BEAT)
            if reason := await self._complaint(line):
                log.warning("socket replaced", extra={"reason": reason})
                await self._replace(line)

    async def _complaint(self, line: Line) -> str:
        """Say why a socket has to be replaced, or nothing."""
        now, client = self._clock(), line.handler.steady
        if await client.is_connected():
            line.well_at = now
            return "quiet" if now - client.heard_at > QUIET else ""
        return "down" if now - max(line.well_at, line.pace.latest) > UNWELL else ""

    async def _replace(self, line: Line) -> None:
        """Put a new handler in the place of the old one, which is closed when the new one hears."""
        fresh, line.well_at = self._make(line.pace), self._clock()
        patience = UNWELL + max(0.0, line.pace.latest - line.well_at)
        try:
            await asyncio.wait_for(fresh.connect_async(), timeout=patience)
        except TimeoutError:
            failed = fresh  # the next look finds the old one as it was
        else:
            failed, line.handler = line.handler, fresh
        await failed.close()
        self._handlers.remove(failed)

    def _make(self, pace: Pace) -> SteadyHandler:
        handler = self._opener(pace)
        self._handlers.append(handler)
        return handler
