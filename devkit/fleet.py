"""The demo's bots: several processes, each of which can be killed and started again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from devkit.processes import Child

#: Pause between two questions to a bot whether it is ready, in seconds.
PAUSE = 0.1


class Fleet:
    """The bots by name, and the panel that shows them and takes orders."""

    def __init__(self, bots: Sequence[Child], *, changed: Callable[[], None]) -> None:
        self._bots = {bot.name: bot for bot in bots}
        self._changed = changed
        self._watchers: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Start every bot."""
        for bot in self._bots.values():
            await self._start(bot)

    async def stop(self) -> None:
        """Stop every bot."""
        for watcher in self._watchers.values():
            watcher.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        await asyncio.gather(*(bot.stop() for bot in self._bots.values()))

    async def read(self) -> dict[str, Any]:
        """What the panel shows."""
        return {
            "bots": [
                {
                    "name": bot.name,
                    "pid": bot.pid,
                    "state": "running" if bot.is_running else "stopped",
                    "since": bot.since.isoformat(),
                }
                for bot in self._bots.values()
            ]
        }

    async def act(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a button of the panel asks: kill, start or restart one bot."""
        bot = self._bots.get(str(order.get("name")))
        if bot is None:
            return {"ok": False, "error": "unknown_bot"}
        match order.get("action"):
            case "kill":
                await bot.kill()
            case "start":
                await self._start(bot)
            case "restart":
                await bot.kill()
                await self._start(bot)
            case _:
                return {"ok": False, "error": "unknown_action"}
        self._changed()
        return {"ok": True}

    async def _start(self, bot: Child) -> None:
        if bot.is_running:
            return
        await bot.start()
        self._watchers[bot.name] = asyncio.create_task(self._watch(bot))

    async def _watch(self, bot: Child) -> None:
        await bot.wait()
        self._changed()


async def until_ready(bot: Child, port: int) -> None:
    """Wait until a bot has connected. Raises `RuntimeError` with its last words if it ends instead."""
    async with aiohttp.ClientSession() as http:
        while not await _is_ready(http, port):
            if not bot.is_running:
                raise RuntimeError(f"{bot.name} ended:\n{bot.last_words()}")
            await asyncio.sleep(PAUSE)


async def _is_ready(http: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
