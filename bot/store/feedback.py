"""The votes on answers, as they are kept: sealed, one for each person and answer, for ninety days."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from bot.domain.errors import UnknownSchema
from bot.domain.feedback import Vote, day_of, ends_ms
from bot.domain.thread import ThreadRef
from bot.store.keys import Keys, place
from bot.store.records import VOTE
from bot.store.sealer import Sealer
from bot.store.writes import Command, Write


class Feedback:
    """Reads them; `kept` is how they are written."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._sealer = sealer

    async def votes(self) -> AsyncIterator[Vote | None]:
        """Every vote that is kept; None for one that cannot be opened."""
        async for found in self._redis.scan_iter(match=self._keys.all_votes(), count=500):
            key = found.decode()
            async for field, sealed in self._redis.hscan_iter(key, count=100):
                try:
                    yield VOTE.load(self._sealer, sealed, place(key, field.decode()))
                except UnknownSchema:
                    yield None


def kept(vote: Vote, message_ts: str) -> Write:
    """Keep what a person thinks of an answer (the message `message_ts`), in the place of what they thought before."""
    day = day_of(message_ts)

    def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
        key, field = keys.votes(keys.shard(thread), vote.team, day), f"{vote.answer} {vote.user}"
        sealed = VOTE.dump(sealer, vote, place(key, field))
        return [Command("HSET", key, (field, sealed)), Command("PEXPIREAT", key, (ends_ms(day),))]

    return write
