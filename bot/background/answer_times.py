"""How long an answer takes from its claim to its end: what the wait of those behind it is reckoned from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bot.domain.events import MessageReceived
from bot.store.claim import Claim

#: How many of the last ones count.
LAST: Final = 20


class AnswerTimes:
    """Notes those of one replica. `ticks` are seconds that only go forward."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._began: dict[Claim, float] = {}
        self._took: deque[float] = deque(maxlen=LAST)

    def begin(self, claim: Claim) -> None:
        """Note that work on a message begins."""
        if isinstance(claim.event, MessageReceived):
            self._began[claim] = self._ticks()

    def end(self, claim: Claim) -> None:
        """Note that it is over."""
        if (began := self._began.pop(claim, None)) is not None:
            self._took.append(self._ticks() - began)

    def mean(self) -> timedelta | None:
        """What one takes: of those that are over, or of those under way where these take longer already."""
        now = self._ticks()
        under_way = [now - began for began in self._began.values()]
        means = [sum(some) / len(some) for some in (self._took, under_way) if some]
        return timedelta(seconds=max(means)) if means else None
