"""Everything that is stored, sealed anew with the first key, so that an earlier one can be taken away.

What is written says the same and belongs where it was; only its seal is another. Each value is replaced on its own, if
it still is the one that was read: whatever a replica writes meanwhile stands. Threads that are worked on are left out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.errors import UnknownSchema
from bot.store.keys import Keys
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer, is_sealed, sealed_with

#: How many values of a list or hash are read at once.
PAGE: Final = 100
#: How often a value is tried that changed in between.
TRIES: Final = 5


@dataclass(slots=True)
class Resealed:
    """How many values were sealed anew, were so before, or are left: of threads that are worked on, or without their key.

    `missing` names the keys that would open the last ones; empty for what no key's name stands on.
    """

    anew: int = 0
    before: int = 0
    busy: int = 0
    missing: Counter[str] = field(default_factory=Counter[str])

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left that is sealed with another key."""
        return not self.busy and not self.missing


@dataclass(frozen=True, slots=True)
class _Value:
    """A sealed value, and where it stands: at a field of a hash, an index of a list, or alone."""

    key: str
    kind: str
    at: str
    sealed: bytes


class Resealing:
    """Goes through all values under the prefix; may be repeated, and run beside replicas."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)

    async def run(self) -> Resealed:
        """Seal anew what can be; returns how many of what."""
        found = Resealed()
        async for key in self._redis.scan_iter(match=f"{self._keys.prefix}:*", count=500):
            async for value in self._values(key.decode()):
                await self._look_at(value, found)
        return found

    async def _look_at(self, value: _Value, found: Resealed) -> None:
        for _ in range(TRIES):
            try:
                anew = await asyncio.to_thread(self._sealer.anew, value.sealed)
            except UnknownSchema:
                found.missing[sealed_with(value.sealed)] += 1
                return
            if anew is None:
                found.before += 1
                return
            outcome = await self._replaced(value, anew)
            if outcome != "changed":
                found.anew += outcome == "done"
                found.busy += outcome == "busy"
                return
            again = await self._again(value)
            if again is None:
                return
            value = again
        found.busy += 1

    async def _replaced(self, value: _Value, anew: bytes) -> str:
        row = self._keys.row_beside(value.key)
        read = sha1(value.sealed, usedforsecurity=False).hexdigest()
        return await self._scripts.reseal(
            [value.key, *([row] if row else [])], [value.kind, value.at, read, anew]
        )

    async def _again(self, value: _Value) -> _Value | None:
        """Read it once more; None where nothing sealed stands there now."""
        match value.kind:
            case "string":
                sealed = await self._redis.get(value.key)
            case "hash":
                sealed = await self._redis.hget(value.key, value.at)
            case _:
                sealed = await self._redis.lindex(value.key, int(value.at))
        return _Value(value.key, value.kind, value.at, sealed) if sealed and is_sealed(sealed) else None

    async def _values(self, key: str) -> AsyncIterator[_Value]:
        kind = (await self._redis.type(key)).decode()
        match kind:
            case "string":
                rows = self._of_string(key)
            case "hash":
                rows = self._of_hash(key)
            case "list":
                rows = self._of_list(key)
            case _:
                return
        async for at, sealed in rows:
            if is_sealed(sealed):
                yield _Value(key, kind, at, sealed)

    async def _of_string(self, key: str) -> AsyncIterator[tuple[str, bytes]]:
        if value := await self._redis.get(key):
            yield "", value

    async def _of_hash(self, key: str) -> AsyncIterator[tuple[str, bytes]]:
        async for at, value in self._redis.hscan_iter(key, count=PAGE):
            yield at.decode(), value

    async def _of_list(self, key: str) -> AsyncIterator[tuple[str, bytes]]:
        start = 0
        while values := await self._redis.lrange(key, start, start + PAGE - 1):
            for at, value in enumerate(values, start=start):
                yield str(at), value
            start += PAGE
