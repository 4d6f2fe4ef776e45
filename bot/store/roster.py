"""The roster in Redis: one hash, changed only by whoever has read how it is now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis

from bot.domain.roster import Register, Replica, Shared
from bot.store.keys import Keys
from bot.store.scripts import Scripts

_REPLICA: Final[TypeAdapter[Replica]] = TypeAdapter(Replica)
_SHARED: Final[TypeAdapter[Shared]] = TypeAdapter(Shared)
_MEMBER: Final = b"replica:"


class Roster:
    """Reads the roster, and writes to it. Who says nothing for `ttl` counts as gone."""

    def __init__(self, redis: Redis, keys: Keys, ttl: timedelta) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = Scripts(redis)
        self.ttl = ttl

    async def read(self) -> Register:
        """Read who is on it, and what is shared."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            cast("Any", pipeline).time().hgetall(self._keys.roster())
            (seconds, micros), rows = await pipeline.execute()
        now_ms = seconds * 1000 + micros // 1000
        living: list[Replica] = []
        for field, value in sorted(rows.items()):
            last, _, told = value.partition(b" ")
            if field.startswith(_MEMBER) and int(last) > now_ms:
                living.append(_REPLICA.validate_json(told))
        shared = rows.get(b"shared")
        return Register(
            int(rows.get(b"version", 0)), _SHARED.validate_json(shared) if shared else None, tuple(living)
        )

    async def enroll(self, register: Register, shared: Shared, replica: Replica | None = None) -> bool:
        """Write down what is shared, and a replica; False, and nothing, where somebody else was faster."""
        return await self._scripts.enroll(
            [self._keys.roster()],
            [
                register.version,
                _SHARED.dump_json(shared),
                *((replica.id, _REPLICA.dump_json(replica)) if replica else ("", "")),
                self._ttl_ms,
            ],
        )

    async def beat(self, replica: Replica) -> bool:
        """Say that it lives; False where the roster does not know it any more."""
        return await self._scripts.beat(
            [self._keys.roster()], [replica.id, _REPLICA.dump_json(replica), self._ttl_ms]
        )

    async def leave(self, replica: Replica) -> None:
        """Take it off the roster."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hdel(self._keys.roster(), f"{_MEMBER.decode()}{replica.id}")
            pipeline.hincrby(self._keys.roster(), "version", 1)
            await pipeline.execute()

    async def is_being_restored(self) -> bool:
        """Whether a backup is being written here, or one was in part."""
        return bool(await self._redis.exists(self._keys.restoring()))

    async def prefix_of(self, team: str, bot: str) -> str:
        """The prefix under which a bot stores; empty where it never did."""
        stored: Any = await self._redis.get(self._keys.served(team, bot))
        return stored.decode() if stored else ""

    async def claim_prefix(self, team: str, bot: str) -> str:
        """Note under which prefix this bot stores, unless that is known; returns the one that is."""
        key = self._keys.served(team, bot)
        await self._redis.set(key, self._keys.prefix, nx=True)
        return await self.prefix_of(team, bot)

    async def move(self, team: str, bot: str) -> None:
        """Note that from now on this bot stores under this prefix."""
        await self._redis.set(self._keys.served(team, bot), self._keys.prefix)

    async def is_empty(self) -> bool:
        """Tell whether no thread is stored under this prefix, and nothing else that does not expire."""
        keys = cast("Any", self._redis).scan_iter(match=self._keys.of_shards(), count=500)
        async for key in keys:
            if await self._redis.ttl(key) == -1:
                return False
        return True

    @property
    def _ttl_ms(self) -> int:
        return int(self.ttl / timedelta(milliseconds=1))
