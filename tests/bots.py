"""Bots as real processes, which can be killed for real."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.app import real_sources
from bot.config import Settings
from devkit.processes import Child
from devkit.slack.server import PATIENCE
from tests.world import World


class Bots:
    """Bots as processes of their own, with `give_money` among their tools unless told otherwise."""

    def __init__(self, world: World, logs: Path) -> None:
        self._world = world
        self._logs = logs
        self.all: list[Child] = []

    async def start(self, *arguments: str, **settings: str) -> Child:
        """Start one more, and wait until Slack has its sockets. `arguments` are those of `tests.serve`."""
        child = await self._begin(*arguments, **settings)
        await self._world.slack.until(lambda: self._world.slack.sockets >= self._running, timeout=40)
        return child

    async def refused(self, *arguments: str, **settings: str) -> str:
        """Start one that ends by itself; returns its last words."""
        child = await self._begin(*arguments, **settings)
        async with asyncio.timeout(60):
            assert await child.wait() != 0
        return child.last_words()

    async def says(self, child: Child, text: str) -> None:
        """Wait until a bot has logged something."""
        async with asyncio.timeout(PATIENCE):
            while text not in child.last_words(40):
                await asyncio.wait({asyncio.ensure_future(self._world.slack.workspace.change())}, timeout=0.1)

    async def _begin(self, *arguments: str, **settings: str) -> Child:
        name = f"bot-{len(self.all)}"
        child = Child(
            name,
            (sys.executable, "-m", "tests.serve", *arguments),
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
