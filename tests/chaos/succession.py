"""The Redis of one attack behind one address: it can lose its end, fail over to a copy that lags, be set back, mistake the time."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from bot.store import client
from devkit.demo import free_ports
from tests.redis_server import RedisServer, is_rewriting

#: How many copies are kept to be put back.
COPIES = 4


class Succession:
    """A server, and those that take over from it: the installed one, or the demo's, whose clock can be moved."""

    def __init__(self, *, clocked: bool = False) -> None:
        self._clocks = Path(tempfile.mkdtemp(prefix="cs-clocks-"))
        self.is_clocked = clocked
        self._port, self._server = self._made_one()
        self._former: list[RedisServer] = []
        self._home = Path(tempfile.mkdtemp(prefix="cs-copies-"))
        self._copies: deque[Path] = deque(maxlen=COPIES)
        self._made = 0

    def _made_one(self, **options: str) -> tuple[int, RedisServer]:
        (port,) = free_ports(1)
        # A replica is brought up to date at once, not with others a few seconds later.
        options |= {"port": str(port), "bind": "127.0.0.1", "repl-diskless-sync-delay": "0"}
        if not self.is_clocked:
            return port, RedisServer(**options)
        self._clock = self._clocks / str(
            port
        )  # each has a clock of its own, and who takes over the right time
        self.lies("+0s")
        return port, RedisServer.clocked(self._clock, **options)

    def lies(self, off: str) -> None:
        """Put the time of day of whoever serves off by so much (`+30s`), at once."""
        self._clock.write_text(off)

    @property
    def url(self) -> str:
        """Where whoever serves at present answers."""
        return self._server.url

    def start(self) -> None:
        """Start it, and return once it listens."""
        self._server.start()

    def remove(self) -> None:
        """End all of them and drop their data."""
        for server in (self._server, *self._former):
            server.remove()
        for home in (self._home, self._clocks):
            shutil.rmtree(home, ignore_errors=True)

    async def kill(self) -> None:
        """End it with SIGKILL."""
        await asyncio.to_thread(self._server.kill)

    async def begin(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self._server.start)

    async def is_written_anew(self) -> bool:
        """Whether it has written its append-only file anew since it began, once it is at rest."""
        async with client.connect(self.url) as redis:
            while is_rewriting(told := await redis.info("persistence")):
                await asyncio.sleep(0.05)
            return int(told["aof_last_rewrite_time_sec"]) >= 0

    async def write_anew(self) -> None:
        """Let it write its append-only file anew, as operators are told to where the bot could not."""
        async with client.connect(self.url) as redis:
            await redis.bgrewriteaof()
        await self.is_written_anew()

    async def restart(self) -> None:
        """End it in good order, and start it again."""
        await asyncio.to_thread(self._server.stop)
        await self.begin()

    @property
    def written(self) -> int:
        """The bytes of its append-only file."""
        return self._server.written

    def forget_after(self, written: int) -> None:
        """Let it have lost what it wrote behind so many bytes; it has to be dead."""
        self._server.forget_after(written)

    async def copy(self) -> None:
        """Make a copy of its data, as an operator's backup does."""
        self._made += 1
        if len(self._copies) == COPIES:
            shutil.rmtree(self._copies[0])
        into = self._home / str(self._made)
        into.mkdir()
        await asyncio.to_thread(self._server.back_up, into)
        self._copies.append(into)

    async def set_back(self, copy: int) -> None:
        """Put a copy back, 0 for the oldest there is; those made after it are of a past that is no more."""
        for _ in range(len(self._copies) - 1 - copy):
            shutil.rmtree(self._copies.pop())
        await self.kill()
        await asyncio.to_thread(self._server.put_back, self._copies[-1])
        await self.begin()

    @property
    def copies(self) -> int:
        """How many copies there are."""
        return len(self._copies)

    async def fail_over(self, lag: float) -> None:
        """Let a replica that is so many seconds behind take over, and the master be gone."""
        port, replica = self._made_one(replicaof=f"127.0.0.1 {self._port}")
        await asyncio.to_thread(replica.start)
        async with client.connect(replica.url) as redis:
            while not await _has_all(redis):
                await asyncio.sleep(0.05)
            await redis.replicaof("NO", "ONE")  # what the master is told from here on, it never gets
        await asyncio.sleep(lag)
        await self.kill()
        replica.take_over(self._server)
        self._former.append(self._server)
        self._port, self._server = port, replica

    async def fill(self) -> None:
        """Let it have no memory left for anything new."""
        async with client.connect(self.url) as redis:
            await redis.config_set("maxmemory", "1mb")

    async def relieve(self) -> None:
        """Let it have memory again; one that was started meanwhile has."""
        async with client.connect(self.url) as redis:
            await redis.config_set("maxmemory", "0")


async def _has_all(redis: Any) -> bool:
    told: dict[str, Any] = await redis.info()
    return told.get("master_link_status") == "up" and not told.get("aof_rewrite_in_progress")
