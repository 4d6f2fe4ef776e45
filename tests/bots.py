"""Bots as real processes, which can be killed for real."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from bot.settings.config import Settings
from bot.wiring.app import real_sources
from devkit.processes import Child
from devkit.slack.server import PATIENCE
from tests.forked import COMMAND, ForkedChild
from tests.world import World

#: Seconds that a bot may take from its start to its socket; alone on a machine it takes some five.
STARTS_WITHIN = 120


class Bots:
    """Bots as processes of their own, with `give_money` among their tools unless told otherwise."""

    def __init__(self, world: World, logs: Path) -> None:
        self._world = world
        self._logs = logs
        self.all: list[Child] = []

    async def start(self, *arguments: str, **settings: str) -> Child:
        """Start one more, and wait until Slack has its sockets. `arguments` are those of `tests.serve`."""
        child = await self._begin(*arguments, **settings)
        await self._connected()
        return child

    async def refused(self, *arguments: str, ulimit: str = "", **settings: str) -> str:
        """Start one that ends by itself; returns its last words. With a `ulimit` it is `countersign serve`."""
        limited = ("sh", "-c", f'ulimit {ulimit} && exec "$@"', "sh", sys.executable, "-m", "bot", "serve")
        slack = self._world.slack
        before = slack.sockets
        child = await self._begin(*arguments, command=limited if ulimit else COMMAND, **settings)
        await slack.until(lambda: not child.is_running or slack.sockets > before)
        assert not child.is_running, "it serves"
        assert await child.wait() != 0
        return child.last_words()

    async def says(self, child: Child, text: str) -> None:
        """Wait until a bot has logged something."""
        async with asyncio.timeout(PATIENCE):
            while text not in child.last_words(40):
                await asyncio.wait({asyncio.ensure_future(self._world.slack.workspace.change())}, timeout=0.1)

    async def start_other(self, code: Path, **settings: str) -> Child:
        """Start the bot that is in another folder, as `countersign serve`; else like `start`."""
        child = await self.begin(PYTHONPATH=str(code), **settings)
        await self._connected()
        return child

    async def begin(self, **settings: str) -> Child:
        """Begin to start `countersign serve`, and wait for nothing."""
        return await self._begin(command=(sys.executable, "-m", "bot", "serve"), **settings)

    async def _connected(self) -> None:
        await self._world.slack.until(
            lambda: self._world.slack.sockets >= self._running, timeout=STARTS_WITHIN
        )

    async def _begin(self, *arguments: str, command: Sequence[str] = COMMAND, **settings: str) -> Child:
        name = f"bot-{len(self.all)}"
        # Another command, and what must stand in the environment before Python starts, take a process begun anew.
        is_own = tuple(command) == COMMAND and not settings.keys() & {"LD_PRELOAD", "PYTHONPATH"}
        child = (ForkedChild if is_own else Child)(
            name,
            (*command, *arguments),
            settings=self._world.variables(LOG_FORMAT="text", **settings),
            log=self._logs / f"{name}.log",
            now=real_sources().now,
        )
        self.all.append(child)
        await child.start()
        return child

    @property
    def _running(self) -> int:
        """How many sockets those that run hold."""
        each = Settings.model_fields["slack_sockets"].default
        return each * sum(child.is_running for child in self.all)

    async def stop(self) -> None:
        """Kill them all."""
        for child in self.all:
            await child.kill()


@pytest.fixture
async def bots(world: World, tmp_path: Path) -> AsyncGenerator[Bots]:
    """No bot yet."""
    made = Bots(world, tmp_path)
    yield made
    await made.stop()
