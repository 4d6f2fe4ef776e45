"""What each person may use in a day, and what they have used. A day is one of UTC, by Redis' clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from redis.asyncio import Redis

from bot.domain.thread import ThreadRef
from bot.store.keys import Keys
from bot.store.scripts import Scripts

#: How long a day's counts are kept: the next day still looks at them. Nothing depends on the end.
KEPT_MS: Final = int(timedelta(days=3) / timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """How much a person may use in a day; 0 is no limit."""

    messages: int
    tokens: int


class Limit(StrEnum):
    """What is used up."""

    NONE = "admitted"
    MESSAGES = "messages"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a message may be answered today; `is_first` for the first that may not."""

    used_up: Limit
    is_first: bool


class Allowances:
    """Counts in the shard of the person's Home, each in one script: for all replicas together.

    A message counts once, however often its event is tried. Tokens count when a run stops, so
    runs that are under way can take a person past the limit, as many as they have slots.
    """

    def __init__(self, redis: Redis, keys: Keys, limits: DailyLimits, now: Callable[[], datetime]) -> None:
        self._now = now
        self._keys = keys
        self._scripts = Scripts(redis)
        self.limits = limits

    async def admit(self, team: str, user: str, event_id: str) -> Admission:
        """Count a message, unless the day is used up."""
        arguments = [event_id, self.limits.messages, self.limits.tokens, KEPT_MS]
        why, first = await self._scripts.admit(self._days(team, user), arguments)
        return Admission(Limit(why.decode()), bool(first))

    async def spend(self, team: str, user: str, run: str, tokens: int) -> None:
        """Count what a run has used up to now, all in all; what was counted of it is not counted again."""
        await self._scripts.spend(self._days(team, user), [run, tokens, KEPT_MS])

    def _days(self, team: str, user: str) -> list[str]:
        today = int(self._now().timestamp()) // 86_400
        home = ThreadRef.home(team, user)
        return [self._keys.used(home, day) for day in (today, today - 1)]
