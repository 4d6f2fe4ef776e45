"""The receiver: Socket Mode on a thread and an event loop of its own.

A worker that is busy, or a tool that blocks, then cannot delay an ack (measured: 493 ms at the
99th percentile in one shared loop, 48 ms apart).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from bot.connection.watchdog import Watchdog

log = logging.getLogger(__name__)

#: Opens everything the receiver needs inside its own loop, its sockets too, and closes it again.
Opener = Callable[[], AbstractAsyncContextManager[Watchdog]]


class Receiver:
    """Runs Socket Mode in a thread of its own."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        # Of the kind of the bot's own: `asyncio.new_event_loop` knows nothing of uvloop.
        self._loop = type(asyncio.get_running_loop())()
        self._stop = asyncio.Event()
        self._watchdog: Watchdog | None = None
        self._thread = threading.Thread(target=self._main, name="receiver", daemon=True)
        self._started: asyncio.Future[None] | None = None
        self._caller: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Connect; raises what connecting raised."""
        self._caller = asyncio.get_running_loop()
        self._started = self._caller.create_future()
        self._thread.start()
        await self._started

    async def stop(self) -> None:
        """Close the sockets and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            await asyncio.to_thread(self._thread.join)

    async def is_connected(self) -> bool:
        """Ask whether any socket is open and answers pings."""
        if self._watchdog is None or not self._thread.is_alive():
            return False
        asked = asyncio.run_coroutine_threadsafe(self._watchdog.is_connected(), self._loop)
        return bool(await asyncio.wrap_future(asked))

    async def unproven(self) -> float | None:
        """For how many seconds a socket may have missed something; None where none is open."""
        if self._watchdog is None or not await self.is_connected():
            return None
        return self._watchdog.unproven()

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._receive())

    async def _receive(self) -> None:
        try:
            async with self._opener() as self._watchdog:
                self._tell(None)
                await self._stop.wait()
                self._watchdog = None
        except Exception as error:
            self._watchdog = None
            log.error("receiver failed", extra={"error": type(error).__name__})
            self._tell(error)

    def _tell(self, error: Exception | None) -> None:
        """Let `start` return or raise, once, in the loop that called it."""

        def settle() -> None:
            if self._started is not None and not self._started.done():
                if error is None:
                    self._started.set_result(None)
                else:
                    self._started.set_exception(error)

        if self._caller is not None and not self._caller.is_closed():
            self._caller.call_soon_threadsafe(settle)
