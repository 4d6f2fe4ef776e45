"""Redis' clock leaps ahead, so that every lease has lapsed by it: whoever works at a thread keeps it, and the dead are found."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from bot.domain.clock import Clock
from bot.store import client
from bot.store.claim import Claim, Renewal
from bot.store.redis_clock import measure
from tests.factories import NOON
from tests.redis_server import RedisServer
from tests.store.test_inbox_edges import Store

#: Seconds of a lease that only a leap outlives while a test runs.
LONG = 60.0


class Workers:
    """Two that work on one Redis, whose clock can be put ahead; what the second one's shows between two measurements."""

    def __init__(self, store: Store, lie: Callable[[str], object]) -> None:
        self.first = store.with_lease(LONG)
        self.lies = lie
        self.ticks = time.monotonic
        self.clock = Clock(lambda: self.ticks(), lambda: NOON)
        self.second = store.with_lease(LONG, expected=self.clock.without_leaps)

    async def measures(self) -> None:
        """Let the second one measure Redis' clock."""
        await measure(self.second.redis, self.clock, lambda: self.ticks())

    async def claimed(self) -> Claim:
        """A thread at which the first one works, and the clock is known to the second."""
        await self.measures()
        await self.first.message(1)
        return await self.first.claims()


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncGenerator[Workers]:
    shown = tmp_path / "clock"
    shown.write_text("+0s")
    server = RedisServer.clocked(shown)
    server.start()
    try:
        async with client.connect(server.url) as redis, client.connect_blocking(server.url) as blocking:
            yield Workers(Store(redis, blocking), shown.write_text)
    finally:
        server.remove()


@pytest.mark.parametrize("has_measured", [True, False])
async def test_a_lease_that_a_leap_of_the_clock_ended_is_its_owner_s_once_more(
    workers: Workers, has_measured: bool
) -> None:
    claim = await workers.claimed()
    workers.lies("+90s")
    if has_measured:
        await workers.measures()

    assert not isinstance(await workers.second.inbox.claim("other"), Claim)
    assert await workers.first.inbox.renew(claim) is Renewal.HELD


async def test_a_leap_leaves_the_thread_of_a_dead_worker_to_others_one_lease_later(workers: Workers) -> None:
    await workers.claimed()
    workers.lies("+90s")
    await workers.measures()
    assert not isinstance(await workers.second.inbox.claim("other"), Claim)
    workers.lies("+151s")  # which is no leap for who measured after the first, when so much time has gone by
    workers.ticks = lambda: time.monotonic() + LONG + 1

    assert isinstance(await workers.second.inbox.claim("other"), Claim)


async def test_a_thread_that_nobody_holds_is_due_when_the_clock_says_so_leap_or_not(workers: Workers) -> None:
    claim = await workers.claimed()
    await workers.first.inbox.release(claim, retry_in=workers.first.inbox.lease)
    workers.lies("+90s")
    await workers.measures()

    assert isinstance(await workers.second.inbox.claim("other"), Claim)
