"""The list of sandboxes that exist, for whoever has to end what a dead replica left behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from bot.store.keys import Keys


class Sandboxes:
    """One sorted set for all replicas; a `Ledger`."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._key = keys.sandboxes()

    async def note(self, sandbox_id: str, thread: str, *, until: datetime) -> None:
        """Put a sandbox on the list."""
        await self._redis.zadd(self._key, {f"{sandbox_id} {thread}": _ms(until)})

    async def drop(self, sandbox_id: str, thread: str) -> None:
        """Take one off the list."""
        await self._redis.zrem(self._key, f"{sandbox_id} {thread}")

    async def before(self, sandbox_id: str, thread: str) -> list[str]:
        """The sandboxes of its thread that were noted before this one."""
        own = [found for found, owner in await self.listed() if owner == thread]
        return own[: own.index(sandbox_id)] if sandbox_id in own else []

    async def lapsed(self, now: datetime) -> list[tuple[str, str]]:
        """The sandboxes, each with its thread, whose time is over."""
        return _read(await self._redis.zrange(self._key, "-inf", _ms(now), byscore=True))

    async def listed(self) -> list[tuple[str, str]]:
        """Every sandbox with its thread, the one that was noted first being the first."""
        return _read(await self._redis.zrange(self._key, 0, -1))


def _read(members: Any) -> list[tuple[str, str]]:
    pairs = [member.decode().split(" ", 1) for member in members]
    return [(pair[0], pair[1]) for pair in pairs]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
