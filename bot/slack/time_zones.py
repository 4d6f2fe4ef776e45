"""Where people's clocks stand, as far as Slack says so at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.domain.time_zone import TimeZone
from bot.slack.client import Slack

#: Seconds for which Slack is not asked again about the same person.
FRESH: Final = 600.0
#: Seconds that an answer waits for this.
PATIENCE: Final = 2.0
#: So many people are remembered; then all are forgotten.
MOST: Final = 10_000


class TimeZones:
    """Looks up time zones; never fails, and never makes anybody wait for long."""

    def __init__(self, slack: Slack, clock: Callable[[], float]) -> None:
        self._slack = slack
        self._clock = clock
        self._known: dict[str, tuple[float, TimeZone | None]] = {}

    async def of(self, user: str) -> TimeZone | None:
        """A person's time zone, ten minutes old at most; None where Slack does not say."""
        if (known := self._known.get(user)) and self._clock() - known[0] < FRESH:
            return known[1]
        try:
            async with asyncio.timeout(PATIENCE):
                zone = (await self._slack.person(user, tries=1)).zone
        except (SlackRejected, SlackUnavailable, TimeoutError):
            return None
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[user] = (self._clock(), zone)
        return zone
