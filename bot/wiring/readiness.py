"""What `/readyz` says: what keeps a replica from working right now, and what else is worth knowing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from redis.exceptions import RedisError

from bot.background.timing import Timing
from bot.background.worker import Worker
from bot.connection.receiver import Receiver
from bot.domain.duty import Duty
from bot.slack.token_access import Token

RECOVERING = "Redis was restarted or restored: what it may have forgotten is being looked for in Slack"


@dataclass(frozen=True, slots=True)
class Health:
    """Asks the parts of a replica how they are."""

    receiver: Receiver
    worker: Worker
    loop_of_worker: asyncio.Task[None]
    duty: Duty
    timing: Timing
    app_token: Token
    redis_answers: Callable[[], Awaitable[bool]]
    is_recovering: Callable[[], Awaitable[bool]]

    async def complaints(self) -> list[str]:
        """One sentence for each thing that is wrong."""
        found = [*self.duty.reasons, *filter(None, [self.app_token.complaint])]
        found += ["The worker has ended"] if self.loop_of_worker.done() else []
        found += [] if await self.receiver.is_connected() else ["No socket of Slack's is open"]
        return found if await self.redis_answers() else [*found, "Redis does not answer"]

    async def facts(self) -> Mapping[str, object]:
        """By how many seconds this machine's clock, and Slack's, are ahead of Redis'; threads that wait for a key; recovery."""
        try:
            recovering = await self.is_recovering()
        except RedisError:
            recovering = False  # that it does not answer is a complaint
        return {
            "clock_off_seconds": round(self.timing.clock.off().total_seconds(), 3),
            "slack_clock_off_seconds": round(self.timing.of_slack.total_seconds(), 3),
            "threads_left_for_a_key": len(self.worker.left),
            "recovering": recovering,
        } | ({"recovering_why": RECOVERING} if recovering else {})
