"""What all requests of models used of late, for the Home of who runs the bot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.conversation.eligibility import Eligibility
from bot.domain.errors import ApproverUnknown
from bot.domain.usage import Dimension, Usage, day_of, total
from bot.store.usage import UsageBook

#: Spans of days that Home shows, each up to now.
SPANS: Final = {"Today": 1, "The last 7 days": 7, "The last 30 days": 30}


class UsageOverview:
    """Reads it for people of one role, themselves; for nobody else, nor where Slack does not say who they are."""

    def __init__(
        self, book: UsageBook, eligibility: Eligibility, role: str, now: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._eligibility = eligibility
        self._role = role
        self._now = now

    async def of(self, user: str, team: str) -> Mapping[str, Usage]:
        """What was used in each span; nothing for who is not to see it."""
        try:
            if not await self._eligibility.is_in(self._role, user, team):
                return {}
        except ApproverUnknown:
            return {}
        today = day_of(self._now())
        return {
            name: total((await self._book.lines(Dimension.KIND, range(today - days + 1, today + 1))).values())
            for name, days in SPANS.items()
        }
