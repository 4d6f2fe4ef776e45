"""How much of Slack's history is read: what it allows in a minute is shared with answers and cards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

#: Pages that may be read at once before the rate sets in.
BURST: Final = 20
#: Pages a minute; Slack allows 50 of each kind (tier 3,
#: https://docs.slack.dev/apis/web-api/rate-limits), and cards and replies are looked for as well.
PER_MINUTE: Final = 20


class Budget:
    """Tokens that fill up with time; `clock` counts seconds, and `sleep` waits by it."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(BURST)
        self._counted_at = clock()

    async def take(self) -> None:
        """Wait until one more page may be read."""
        now = self._clock()
        self._tokens = min(BURST, self._tokens + (now - self._counted_at) * PER_MINUTE / 60) - 1
        self._counted_at = now
        if self._tokens < 0:
            await self._sleep(-self._tokens * 60 / PER_MINUTE)
