"""The message that waits behind the event which is handled: looked at, and left where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.errors import UnknownSchema
from bot.domain.events import Lane, MessageReceived
from bot.domain.thread import ThreadRef
from bot.store.inbox import LANE
from bot.store.keys import Keys, place
from bot.store.records import EVENT
from bot.store.sealer import Sealer
from bot.store.writes import Command, Write

#: The event that is handled, and the one behind it.
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class NextMessage:
    """A message, and the event that it is."""

    event_id: str
    message: MessageReceived


class NextMessages:
    """Reads inboxes; who calls it holds the thread's lease."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._sealer = sealer

    async def behind(self, thread: ThreadRef, event_id: str) -> NextMessage | None:
        """The next event, where that is a message; None where something else comes first.

        None also for a message that somebody may have begun to answer, or of which it was said that it waits: it has
        a message of the bot's own by then.
        """
        rows: Any = await self._redis.zrange(self._keys.inbox(thread), 0, _TWO - 1, withscores=True)
        others = [(name.decode(), score) for name, score in rows if name.decode() != event_id]
        if not others or others[0][1] < Lane.MESSAGE * LANE:
            return None
        name = others[0][0]
        sealed, tries, told = await self._looked_up(thread, name)
        if tries or told or not sealed:
            return None
        try:
            event = EVENT.load(self._sealer, sealed, place(self._keys.events(thread), name))
        except UnknownSchema:
            return None
        return NextMessage(name, event) if isinstance(event, MessageReceived) else None

    async def _looked_up(self, thread: ThreadRef, name: str) -> tuple[bytes | None, bytes | None, bool]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hget(self._keys.events(thread), name)
            pipeline.hmget(self._keys.row(thread), f"tries:{name}", "told")
            sealed, (tries, told) = await pipeline.execute()
        return sealed, tries, told is not None and told.decode() == name


def taken_in(event_id: str) -> Write:
    """Let an event go that has become part of the run which is written beside this."""
    return lambda keys, _, thread: [
        Command("ZREM", keys.inbox(thread), (event_id,)),
        Command("HDEL", keys.events(thread), (event_id,)),
    ]
