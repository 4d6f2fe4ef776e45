"""The Lua scripts as typed calls: the five of the engine, and the audit chain's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis

Argument = str | bytes | int


class Scripts:
    """The engine's scripts on one client; redis-py loads them again where the server lost them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = {name: redis.register_script(_source(name)) for name in NAMES}

    async def append(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Accept an event once; see `append.lua`."""
        return (await self._call("append", keys, arguments)).decode()

    async def claim(self, keys: Sequence[str], arguments: Sequence[Argument]) -> list[Any]:
        """Take the lease of one due thread; see `claim.lua`."""
        return await self._call("claim", keys, arguments)

    async def renew(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Push a lease on; see `renew.lua`."""
        return (await self._call("renew", keys, arguments)).decode()

    async def commit(self, keys: Sequence[str], arguments: Sequence[Argument]) -> list[Any]:
        """Write under a fence; see `commit.lua`."""
        return await self._call("commit", keys, arguments)

    async def schedule(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Set or move a timer; see `schedule.lua`."""
        await self._call("schedule", keys, arguments)

    async def chain(self, keys: Sequence[str], arguments: Sequence[Argument]) -> bool:
        """Put links behind the head of an audit chain; see `chain.lua`."""
        return bool(await self._call("chain", keys, arguments))

    async def _call(self, name: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        return await self._scripts[name](keys=list(keys), args=list(arguments))


NAMES = ("append", "claim", "renew", "commit", "schedule", "chain")


def _source(name: str) -> str:
    return files("bot.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
