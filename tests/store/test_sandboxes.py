"""How long sandboxes were open: counted by who opened them, once they are gone."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, cast

from bot.sandbox.backend import Backend
from bot.sandbox.host import Host
from bot.sandbox.limits import SandboxLimits
from bot.store import client
from bot.store.keys import Keys
from bot.store.sandboxes import Sandboxes
from tests.factories import NOON
from tests.redis_server import RedisServer

LIMITS = SandboxLimits(run=timedelta(hours=1), command=timedelta(minutes=5), workspace=10**6)


class Ends:
    """A host that ends what it is told to, unless it is away."""

    is_away = False

    async def end(self, sandbox_id: str) -> bool:
        return bool(sandbox_id) and not self.is_away


async def test_a_sandbox_counts_for_as_long_as_it_was_open_once_it_is_gone(redis_server: RedisServer) -> None:
    now, used, host = [NOON], list[timedelta](), Ends()
    async with client.connect(redis_server.url) as redis:
        ledger = Sandboxes(redis, Keys(f"t{secrets.token_hex(4)}", 4))
        terms: dict[str, Any] = {"limits": LIMITS, "now": lambda: now[0], "on_end": used.append}
        one, other = (Backend(cast("Host", host), ledger, **terms) for _ in range(2))
        await one.opened("sb-1", "T1/C1/1.1")
        now[0] += timedelta(seconds=90)
        host.is_away = True
        assert not await one.end("sb-1", "T1/C1/1.1")
        assert used == []
        host.is_away = False
        assert await one.end("sb-1", "T1/C1/1.1")
        assert await one.end("sb-1", "T1/C1/1.1")
        assert await other.end("sb-2", "T1/C1/1.1")

    assert used == [timedelta(seconds=90)]
