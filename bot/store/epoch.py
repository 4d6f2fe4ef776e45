"""Since when Redis is the process it is: what it was told shortly before that, it may have forgotten.

A Redis that was restarted, failed over or restored from a file has another `run_id`. Nothing in
Redis can tell how much is gone; what Slack shows can (`Backfill`). Until that was looked up the bot recovers.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.domain.events import (
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
    """The second at which Redis began to be what it is, and whether Slack's history was read behind that.

    `restored` is the second of the latest restore from a backup, 0 where there was none.
    """

    second: float
    is_settled: bool
    now: float
    restored: float = 0.0

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

    async def since(self, *, lived_before: bool = True) -> Since:
        """Ask Redis who it is, and since when.

        A Redis that knows nothing of the bot has lost it, unless that is said not to have `lived_before`, at a start.
        """
        return self.told(await self._scripts.epoch([self._keys.epoch()], [int(lived_before)]))

    def told(self, answer: Sequence[str]) -> Since:
        """Read what `epoch.lua` said."""
        before, since, read, now, restored = answer
        if before:
            log.warning("redis was restarted or restored: it may have forgotten its last moments")
        elif float(since) == float(now):
            log.error("redis is empty, but this bot has lived before: what it forgot is looked for in slack")
        return Since(float(since), float(read) == float(since), float(now), float(restored))

    async def write_anew(self) -> None:
        """Let Redis write its append-only file anew, once since it began: it may end with the half of a script that a power loss cut.

        Redis does not carry that half out, yet leaves it there for its next start to do.
        """
        told: Any = await self._redis.info("persistence")
        is_done = int(told["aof_last_rewrite_time_sec"]) >= 0
        if not told["aof_enabled"] or is_done or told["aof_rewrite_in_progress"]:
            return
        try:
            await self._redis.bgrewriteaof()
        except ResponseError:  # a user who may not ask for it
            log.warning("redis did not begin to write its append-only file anew: see docs/operations.md")

    async def is_known(self) -> bool:
        """Whether this Redis, or the one it was restored from, has met the bot.

        0.1.0 knew of no epoch, but left its mark of what it had heard.
        """
        return bool(
            await self._redis.exists(self._keys.epoch()) or await self._redis.exists(self._keys.heard())
        )

    async def is_recovering(self) -> bool:
        """Whether something may be forgotten that nobody has looked for in Slack yet; changes nothing."""
        run_id, since, read = await cast(
            "Any", self._redis.hmget(self._keys.epoch(), ["run_id", "since", "read"])
        )
        if run_id is None:
            return False
        return run_id.decode() != await self._run_id() or float(since) != float(read)

    async def _run_id(self) -> str:
        info: Any = await self._redis.info("server")
        return str(info["run_id"])

    async def settle(self, since: Since) -> None:
        """Say that Slack's history was read behind that."""
        await cast("Any", self._redis.hset(self._keys.epoch(), "read", f"{since.second:.6f}"))
