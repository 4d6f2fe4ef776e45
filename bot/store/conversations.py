"""What Redis holds of a conversation, read by range: what is remembered of its beginning, and its end whole.

As many items as a model reads, however long the conversation is: in one round trip where they are few, and two where they are many.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.domain.errors import KeyMissing, UnknownSchema
from bot.domain.item_kinds import is_of_person
from bot.domain.memory import Memory, fingerprint
from bot.domain.read_words import Place
from bot.domain.tasks import all_of
from bot.domain.thread import ThreadRef
from bot.domain.weight import SEALED_LITTLE, beside, is_little
from bot.store.keys import Keys, place
from bot.store.records import MEMORY, PLACES
from bot.store.sealer import Sealer
from bot.store.sessions import Tail

#: The latest items that are read where nothing is remembered, as of a session that an earlier release wrote.
UNREMEMBERED: Final = 400
#: The latest items that are read at once with what is remembered: forty, and the one by which a memory knows its place.
LATEST: Final = 41


class Conversations:
    """Reads; every method raises `UnknownSchema` for an item that cannot be read."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis = redis
        self._keys = keys
        self._sealer = sealer

    async def tail(self, thread: ThreadRef, generation: int) -> Tail:
        """What a run needs: all items from where the memory ends, or the latest ones from a person's message on."""
        redis, key = cast("Any", self._redis), self._keys.session(thread)
        sealed, length, latest = await all_of(
            redis.get(self._keys.memory(thread)), redis.llen(key), redis.lrange(key, -LATEST, -1)
        )
        memory = self._memory(thread, sealed)
        if memory is not None and memory.generation == generation and 0 < memory.start < length:
            last, *items = await self._end(thread, memory.start - 1, length, latest)
            if fingerprint(last) == memory.last:
                return Tail(items, memory.start, memory)
        return await self._latest(thread, length, latest, is_void=sealed is not None)

    async def items(self, thread: ThreadRef, start: int, count: int | None = None) -> list[Any]:
        """So many items of the thread's session from one on, or all behind it."""
        key = self._keys.session(thread)
        found = await self._redis.lrange(key, start, -1 if count is None else start + count - 1)
        return await self._opened(thread, start, found)

    async def _end(
        self, thread: ThreadRef, start: int, length: int, latest: Sequence[bytes | str]
    ) -> list[Any]:
        """All items from one on, of which the latest were read already. Only who holds the thread adds any."""
        missing = length - len(latest) - start
        if missing <= 0:
            return await self._opened(thread, start, latest[-missing:])
        found = await self._redis.lrange(self._keys.session(thread), start, start + missing - 1)
        return await self._opened(thread, start, [*found, *latest])

    async def _opened(self, thread: ThreadRef, start: int, found: Sequence[bytes | str]) -> list[Any]:
        key, numbered = self._keys.session(thread), [*enumerate(found, start=start)]
        return await beside(
            is_little(found, most=SEALED_LITTLE),
            lambda: [self._sealer.open("item", item, place(key, at)) for at, item in numbered],
        )

    async def words(self, thread: ThreadRef) -> dict[str, tuple[Place, ...]]:
        """Whose words are where in each text that was read, by the text's fingerprint; what cannot be read is left out."""
        key = self._keys.words(thread)
        rows: dict[bytes, bytes] = await cast("Any", self._redis.hgetall(key))
        found = dict[str, tuple[Place, ...]]()
        for name, sealed in rows.items():
            with contextlib.suppress(UnknownSchema):
                found[name.decode()] = PLACES.load(self._sealer, sealed, place(key, name.decode()))
        return found

    async def _latest(
        self, thread: ThreadRef, length: int, latest: Sequence[bytes | str], *, is_void: bool
    ) -> Tail:
        before = max(0, length - UNREMEMBERED)
        items = await self._end(thread, before, length, latest)
        if before:
            skipped = next((at for at, item in enumerate(items) if is_of_person(item)), None)
            if skipped is None:  # one exchange of many items: it cannot be begun in its middle
                return Tail(await self.items(thread, 0), is_void=is_void)
            before, items = before + skipped, items[skipped:]
        return Tail(items, before, is_void=is_void)

    def _memory(self, thread: ThreadRef, sealed: bytes | None) -> Memory | None:
        """A memory that cannot be read is none: the session itself is still there."""
        if sealed is None:
            return None
        try:
            return MEMORY.load(self._sealer, sealed, place(self._keys.memory(thread)))
        except KeyMissing:
            raise
        except UnknownSchema:
            return None
