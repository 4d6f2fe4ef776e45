"""What `/readyz` says: what keeps a replica from working right now, and what else is worth knowing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.presence import Presence
from bot.receiver import Receiver
from bot.timing import Timing
from bot.worker import Worker

RESTS = "Other policies count than those of this replica: it takes in and works no more"


@dataclass(frozen=True, slots=True)
class Health:
    """Asks the parts of a replica how they are."""

    receiver: Receiver
    worker: Worker
    loop_of_worker: asyncio.Task[None]
    presence: Presence
    timing: Timing
    of_tokens: Callable[[], Sequence[str]]
    redis_answers: Callable[[], Awaitable[bool]]

    async def complaints(self) -> list[str]:
        """One sentence for each thing that is wrong."""
        found = [*self.of_tokens()]
        found += ["The worker has ended"] if self.loop_of_worker.done() else []
        found += [] if await self.receiver.is_connected() else ["No socket of Slack's is open"]
        found += [RESTS] if self.presence.rests else []
        return found if await self.redis_answers() else [*found, "Redis does not answer"]

    def facts(self) -> dict[str, object]:
        """By how many seconds this machine's clock is ahead of Redis'; how many threads wait for a key."""
        return {
            "clock_off_seconds": round(self.timing.clock.off().total_seconds(), 3),
            "threads_left_for_a_key": len(self.worker.left),
        }
