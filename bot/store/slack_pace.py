"""The pace of all replicas' calls to Slack, kept in Redis and counted by Redis' clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.slack_pace import Rank, Told, Turn
from bot.store.keys import Keys
from bot.store.scripts import Scripts

log = logging.getLogger(__name__)

#: Milliseconds for which a count is kept after the last call: by then, it is full again.
KEPT_MS: Final = 3_600_000
#: Seconds for an answer of Redis', and for how long it is not asked again without one.
PATIENCE: Final = 0.5
REST: Final = 2.0
#: For so many seconds turns hold that were taken along: a refusal that another replica sees is heard of that much later.
ALONG_FOR: Final = 1.0


@dataclass(slots=True)
class _Along:
    """Turns that were taken along with one that was asked for."""

    left: int
    until: float


class RedisPace:
    """A `SharedPace`. What Redis does not answer at once, a replica decides alone, by its own limiter.

    All replicas then have the whole rate each, and Slack's 429 is what holds them: each obeys its own.
    `replica` is a name that no other has; `ticks` counts seconds. `burst` calls may follow each other at
    once, of which `kept` are for what overtakes; so many more turns are taken `along` while there are plenty.
    """

    def __init__(  # noqa: PLR0913 - who asks, and what there is for all, each by its name
        self,
        redis: Redis,
        keys: Keys,
        *,
        replica: str,
        ticks: Callable[[], float],
        burst: int,
        kept: int,
        along: int = 0,
    ) -> None:
        self._scripts = Scripts(redis)
        self._keys = keys
        self._replica = replica
        self._ticks = ticks
        self._burst, self._kept, self._most_along = burst, kept, along
        self._along: dict[tuple[str, str], _Along] = {}
        self._rests_until = float("-inf")
        #: How often Redis was asked for a turn, for who measures what that costs.
        self.asked = 0

    async def ask(self, turn: Turn, *, take: bool = True) -> Told | None:
        """Ask for a turn; None where Redis does not answer."""
        if take and self._has_along(turn):
            return Told(0.0, 0.0)
        who = f"{self._replica}:{turn.message or turn.channel}"
        arguments = [
            *(int(turn.rank), who, turn.per_minute, self._burst, self._kept),
            *(turn.message, int(turn.interval * 1000), int(take), KEPT_MS, self._most_along),
        ]
        keys = self._keys.slack_calls(turn.method, turn.channel)
        if self._ticks() < self._rests_until:
            return None
        self.asked += 1
        try:
            async with asyncio.timeout(PATIENCE):
                wait, pause, along = await self._scripts.pace(keys, arguments)
        except (RedisError, TimeoutError, OSError) as error:
            self._rest(error)
            return None
        if along or pause:
            self._along[turn.method, turn.channel] = _Along(along, self._ticks() + ALONG_FOR)
        return Told(wait / 1000, pause / 1000)

    def _has_along(self, turn: Turn) -> bool:
        """Use a turn that was taken along. When a message was edited last, all replicas know together: that is asked for."""
        found = self._along.get((turn.method, turn.channel))
        if found is None or not found.left or self._ticks() >= found.until:
            return False
        if turn.message and turn.rank is not Rank.CARD:
            return False
        found.left -= 1
        return True

    async def pause(self, method: str, channel: str, seconds: float) -> None:
        """Hold a method's calls back in all replicas; where Redis does not answer, only here."""
        self._along.pop((method, channel), None)
        bucket = self._keys.slack_calls(method, channel)[:1]
        try:
            async with asyncio.timeout(PATIENCE):
                await self._scripts.pause(bucket, [int(seconds * 1000), KEPT_MS])
        except (RedisError, TimeoutError, OSError) as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        self._rests_until = self._ticks() + REST
        log.warning("pace not shared", extra={"error": type(error).__name__})
