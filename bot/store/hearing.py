"""When the bot last heard Slack: one mark for all replicas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.lock import Lock

from bot.store.keys import Keys

#: For so long without a word of it a replica that fills a gap may be dead; then another one tries.
FILLING: Final = timedelta(minutes=5)


class Hearing:
    """Reads and moves the mark."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def since(self) -> datetime | None:
        """When the bot last heard for sure; None before its first time."""
        stored = await self._redis.get(self._keys.heard())
        return None if stored is None else datetime.fromtimestamp(float(stored), UTC)

    async def mark(self, moment: datetime) -> None:
        """Say that up to this moment everything was heard or looked up."""
        await self._redis.set(self._keys.heard(), f"{moment.timestamp():.3f}")

    def filling(self) -> Lock:
        """Get the lock of whoever fills a gap, to be acquired without waiting, and again in between."""
        seconds = FILLING.total_seconds()
        return self._redis.lock(self._keys.filling(), timeout=seconds, blocking=False, thread_local=False)
