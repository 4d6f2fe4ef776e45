"""What became of the events of a thread: the latest of them, and each failure by its reference. Sealed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.errors import UnknownSchema
from bot.domain.handled_event import FOUND_FOR, KEPT, LATEST, HandledEvent
from bot.domain.thread import ThreadRef
from bot.store.keys import Keys, place
from bot.store.records import HANDLED
from bot.store.sealer import Sealer
from bot.store.writes import Command, Write

#: What can be a channel's id, and what the `ts` of a message or stands for it.
_CHANNEL: Final = re.compile(r"[A-Z0-9]{1,20}|home")
_ROOT: Final = re.compile(r"[0-9]{1,20}\.[0-9]{1,10}|dm|[UW][A-Z0-9]{1,20}")


class HandledEvents:
    """Reads them; `kept` is how they are written."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._sealer = sealer

    async def of(self, thread: ThreadRef) -> list[HandledEvent | None]:
        """The latest events of a thread, in the order in which they were done; None for one that cannot be opened."""
        key = self._keys.handled(thread)
        return [self._opened(key, sealed) for sealed in await self._redis.lrange(key, 0, -1)]

    async def failed(self, reference: str) -> HandledEvent | None:
        """The event whose failure people were shown with this reference; None where nothing is kept of it."""
        for shard in range(self._keys.shards):
            key = self._keys.failure(shard, reference)
            if sealed := await self._redis.get(key):
                return self._opened(key, sealed)
        return None

    async def latest(self) -> ThreadRef | None:
        """The thread in which something was handled last; None where nothing is kept of any.

        Each handling sets anew how long its thread's events are kept, so the one that is kept longest is the latest. Looks
        at the names of all keys, as only an operator may ask for.
        """
        found: tuple[int, bytes] | None = None
        keys = [
            key async for key in self._redis.scan_iter(match=f"{self._keys.of_shards()}:handled", count=500)
        ]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.pttl(key)
            found = max(zip(await pipeline.execute(), keys, strict=True), default=None)
        if found is None:
            return None
        _, _, name = found[1].decode().partition("}:")
        return ThreadRef.parse(name.removesuffix(":handled"))

    async def threads_at(self, channel: str, root: str) -> list[ThreadRef]:
        """The threads at a place in a channel of which anything is kept, in the workspaces that have a bot here."""
        if not (_CHANNEL.fullmatch(channel) and _ROOT.fullmatch(root)):
            return []
        teams: set[str] = set()
        async for key in self._redis.scan_iter(match=self._keys.served("*", "*"), count=500):
            teams.add(key.decode().split(":")[2])
        threads = [ThreadRef(team, channel, root) for team in sorted(teams)]
        return [one for one in threads if await self._redis.exists(self._keys.handled(one))]

    def _opened(self, key: str, sealed: bytes) -> HandledEvent | None:
        try:
            return HANDLED.load(self._sealer, sealed, place(key))
        except UnknownSchema:
            return None


def kept(event: HandledEvent) -> Write:
    """Keep one behind the others of its thread, and by its reference, where it has one."""

    def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
        key = keys.handled(thread)
        commands = [
            Command("RPUSH", key, (HANDLED.dump(sealer, event, place(key)),)),
            Command("LTRIM", key, (-LATEST, -1)),
            Command("PEXPIRE", key, (_ms(KEPT),)),
        ]
        if event.reference:
            failure = keys.failure(keys.shard(thread), event.reference)
            sealed = HANDLED.dump(sealer, event, place(failure))
            commands.append(Command("SET", failure, (sealed, "PX", _ms(FOUND_FOR))))
        return commands

    return write


def _ms(time: timedelta) -> int:
    return int(time / timedelta(milliseconds=1))
