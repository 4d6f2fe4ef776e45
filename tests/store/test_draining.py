"""A replica that is stopped while it claims: what it was granted is worked on, and waits for no lease to lapse."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from bot.store.inbox import Inbox
from tests.factories import THREAD
from tests.redis_server import RedisServer
from tests.store.at_work import DRAIN, Failing, at_work


class Slow(Inbox):
    """Tells when Redis has granted a claim, of which its worker hears later."""

    granted: asyncio.Event
    heard: asyncio.Event

    async def claim(self, *given: Any, **more: Any) -> Any:
        found = await super().claim(*given, **more)
        self.granted.set()
        await self.heard.wait()
        return found


async def test_what_is_claimed_while_a_replica_is_stopped_waits_for_no_lease_to_lapse(
    redis_server: RedisServer,
) -> None:
    Slow.granted, Slow.heard = asyncio.Event(), asyncio.Event()
    conversation = Failing(ValueError(), 0)
    async with at_work(redis_server, conversation, Slow) as made:
        await cast("Slow", made.inbox).granted.wait()
        draining = asyncio.create_task(made.worker.drain(DRAIN))
        asyncio.get_running_loop().call_soon(Slow.heard.set)  # once it has begun to leave
        await draining
        assert conversation.ended.get_nowait() == "answered"
        assert not await made.redis.hexists(made.keys.row(THREAD), "owner")
