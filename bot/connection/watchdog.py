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

from bot.domain.tasks import end
from bot.slack.socket_mode import LONGEST_PAUSE, Clock, Pace, SteadyHandler
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks at a socket.
BEAT: Final = 5.0
#: A socket that has been down for so many seconds, since its latest attempt, is replaced.
UNWELL: Final = 30.0
#: A socket on which Slack has said nothing for so many seconds is renewed: it may be deaf.
QUIET: Final = 1800.0

#: Makes a handler that is not connected yet.
Opener = Callable[[Pace], SteadyHandler]
#: Is told for how many seconds a socket that was renewed may have missed what Slack sent.
Doubt = Callable[[float], None]


@dataclass(slots=True)
class Line:
    """One socket, and the handler that serves it now, if any does."""

    handler: SteadyHandler | None
    pace: Pace
    well_at: float


class Watchdog:
    """Holds as many sockets as it has paces."""

    def __init__(
        self, opener: Opener, paces: Sequence[Pace], clock: Clock, doubt: Doubt, metrics: Metrics
    ) -> None:
        self._opener = opener
        self._clock = clock
        self._doubt = doubt
        self._metrics = metrics
        self._handlers: list[SteadyHandler] = []
        self._lines = [Line(None, pace, clock()) for pace in paces]
        self._up = asyncio.Event()

    async def is_connected(self) -> bool:
        """Whether any socket is open and answers pings."""
        handlers = [line.handler for line in self._lines if line.handler is not None]
        return any([await handler.steady.is_connected() for handler in handlers])

    def unproven(self) -> float:
        """For how many seconds some socket may have missed what Slack sent."""
        now = self._clock()
        handlers = [line.handler for line in self._lines if line.handler is not None]
        return max((now - handler.steady.proven_at for handler in handlers), default=0.0)

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
        while True:
            with outliving(Loop.SOCKETS, self._metrics):
                if reason := await self._complaint(line):
                    level = logging.INFO if line.handler is None else logging.WARNING
                    log.log(level, "socket opened", extra={"reason": reason})
                    await self._open(line)
            await asyncio.sleep(BEAT)

    async def _complaint(self, line: Line) -> str:
        """Say why a socket has to be opened, or nothing."""
        if line.handler is None:
            return "none yet"
        now, client = self._clock(), line.handler.steady
        if await client.is_connected():
            line.well_at = now
            return "quiet" if now - client.heard_at > QUIET else ""
        return "down" if now - max(line.well_at, line.pace.latest) > UNWELL else ""

    async def _open(self, line: Line) -> None:
        """Open a socket in the place of the old one, which is closed when the new one hears."""
        fresh, line.well_at = self._opener(line.pace), self._clock()
        self._handlers.append(fresh)
        done_with: SteadyHandler | None = (
            fresh  # unless it hears: then the next look finds the old one as it was
        )
        try:
            # It may have to wait for its turn first.
            await asyncio.wait_for(fresh.connect_async(), timeout=UNWELL + LONGEST_PAUSE)
            done_with, line.handler = line.handler, fresh
            self._up.set()
            if done_with is not None:
                self._doubt(self._clock() - done_with.steady.proven_at)
        except TimeoutError:
            pass
        finally:
            if done_with is not None:
                await done_with.close()
                self._handlers.remove(done_with)
