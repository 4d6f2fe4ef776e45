"""Counts what waits, in one round trip that takes no longer where thousands do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.backlog import AGES, OLDER, Backlog, InLine, Undone
from bot.domain.rank import Band
from bot.store.keys import Keys
from bot.store.scripts import Scripts

#: How many questions are counted in a shard: beyond that nobody needs the number.
MOST_QUESTIONS: Final = 200

#: One shard's answer, as `backlog.lua` writes it: now, bands, pending, approved, questions.
Shard = Sequence[Any]


class Backlogs:
    """Reads all shards as one, by Redis' clock."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._scripts = Scripts(redis)
        self._keys = keys

    async def read(self) -> Backlog:
        """Count now."""
        keys, arguments = self._keys, [len(Band), MOST_QUESTIONS, *AGES.values()]
        lists = (keys.due, keys.pending, keys.approved, keys.questions)
        shards = await self._scripts.backlog(
            [([of(shard) for of in lists], arguments) for shard in range(keys.shards)]
        )
        return Backlog(
            lines={band: _line(band, shards) for band in Band},
            pending=_undone(-3, shards),
            approved=_undone(-2, shards),
            questions=sum(shard[-1] for shard in shards),
        )


def _line(band: Band, shards: Sequence[Shard]) -> InLine:
    at = 1 + 2 * band
    ages = (shard[0] / 1000 - float(shard[at + 1]) / 1000 for shard in shards if shard[at + 1])
    return InLine(sum(shard[at] for shard in shards), _oldest(ages))


def _undone(at: int, shards: Sequence[Shard]) -> Undone:
    ages = (shard[0] / 1000 - float(shard[at][-1]) for shard in shards if shard[at][-1])
    counts = {age: sum(shard[at][place] for shard in shards) for place, age in enumerate([*AGES, OLDER])}
    return Undone(counts, _oldest(ages))


def _oldest(ages: Iterable[float]) -> float:
    """The highest; a thread that has to let others go first counts from a moment to come."""
    return max([0.0, *ages])
