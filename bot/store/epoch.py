"""Since when Redis is the process it is: what it was told shortly before that, it may have forgotten.

A Redis that was restarted, failed over or restored from a file has another `run_id`. Nothing in
Redis can tell how much is gone; what Slack shows can (`Backfill`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.events import (
    ClickTurnedAway,
    DecisionMade,
    DelegationSet,
    EditMade,
    Event,
    MessageReceived,
    ResetRequested,
)
from bot.store.keys import Keys
from bot.store.scripts import Scripts

#: How far Slack's clock and Redis' may be apart, in seconds.
APART: Final = 60.0
#: For so many seconds an event that has no time of its own counts as one from before.
AFTERMATH: Final = 600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Since:
    """The second at which Redis began to be what it is, and whether Slack's history was read behind that."""

    second: float
    is_settled: bool
    now: float

    def is_younger_than(self, event: Event | None) -> bool:
        """Whether Redis may have forgotten what became of an event."""
        match event:
            case MessageReceived() | ResetRequested():
                moment = float(event.ts)
            case DecisionMade() | EditMade() | ClickTurnedAway() | DelegationSet():
                moment = event.at.timestamp()
            case _:
                moment = self.now - AFTERMATH
        return moment < self.second + APART


class Epoch:
    """Reads it, and notices a new one; the log hears of each once."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = Scripts(redis)

    async def since(self) -> Since:
        """Ask Redis who it is, and since when."""
        info: Any = await self._redis.info("server")
        before, since, read, now = await self._scripts.epoch([self._keys.epoch()], [str(info["run_id"])])
        if before:
            log.warning("redis was restarted or restored: it may have forgotten its last moments")
        return Since(float(since), float(read) == float(since), float(now))

    async def settle(self, since: Since) -> None:
        """Say that Slack's history was read behind that."""
        await cast("Any", self._redis.hset(self._keys.epoch(), "read", f"{since.second:.6f}"))
