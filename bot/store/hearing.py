"""When the bot last heard Slack: one mark for all replicas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from redis.asyncio import Redis

from bot.store.keys import Keys

#: How long one replica has to fill a gap before another one tries.
FILLING: Final = timedelta(minutes=2)


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

    async def release(self) -> None:
        """Let another replica fill what this one could not."""
        await self._redis.delete(self._keys.filling())

    async def claim(self) -> bool:
        """Take it upon this replica to fill the gap; False where another one is at it."""
        return bool(await self._redis.set(self._keys.filling(), "1", nx=True, px=FILLING))
