"""Words in threads that the bot does not know: kept until Slack was asked whose the thread is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.thread import ThreadRef
from bot.store.keys import Keys

#: How many words are looked at together.
AT_ONCE: Final = 100


class FollowUps:
    """The place of each such message; its words stay in Slack."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def keep(self, thread: ThreadRef, ts: str) -> None:
        """Remember a message."""
        await self._redis.zadd(self._keys.follow_ups(), {f"{thread} {ts}": float(ts)})

    async def waiting(self) -> dict[ThreadRef, list[str]]:
        """The `ts` of the oldest that are kept, by thread."""
        members: Any = await self._redis.zrange(self._keys.follow_ups(), 0, AT_ONCE - 1)
        found: dict[ThreadRef, list[str]] = {}
        for member in members:
            thread, _, ts = member.decode().rpartition(" ")
            found.setdefault(ThreadRef.parse(thread), []).append(ts)
        return found

    async def settle(self, thread: ThreadRef, messages: Sequence[str]) -> None:
        """Forget messages of a thread: it is known by now whose they are."""
        await self._redis.zrem(self._keys.follow_ups(), *(f"{thread} {ts}" for ts in messages))
