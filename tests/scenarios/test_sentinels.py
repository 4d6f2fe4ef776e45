"""A Redis whose master dies: its Sentinels name another, and the bot goes on there."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.store import client
from bot.store.address import Sentinels, sentinels
from devkit.demo import free_ports
from tests.redis_server import RedisServer
from tests.world import OMAR
from tests.world import world as make_world


def test_an_address_of_sentinels_is_read() -> None:
    assert sentinels("rediss+sentinel://bot:p%40ss@a:1,b/money/3?sentinel_password=s") == Sentinels(
        hosts=(("a", 1), ("b", 26379)),
        service="money",
        database=3,
        username="bot",
        password="p@ss",
        sentinel_password="s",
        is_tls=True,
    )


def test_an_address_of_a_server_is_none_of_sentinels() -> None:
    assert sentinels("redis://a:6379/0") is None


class Family:
    """A master, its replica, and a Sentinel that watches them."""

    def __init__(self) -> None:
        ports = free_ports(3)
        at = {"bind": "127.0.0.1"}
        self.master = RedisServer(port=str(ports[0]), **at)
        self.replica = RedisServer(port=str(ports[1]), replicaof=f"127.0.0.1 {ports[0]}", **at)
        self.sentinel = RedisServer.sentinel(port=ports[2], master=ports[0])
        self.url = f"redis+sentinel://127.0.0.1:{ports[2]}/money/0"

    async def begin(self) -> None:
        """Start all three, and return once the Sentinel could fail over."""
        for server in (self.master, self.replica, self.sentinel):
            server.start()
        async with client.connect_blocking(self.sentinel.url) as redis:
            while not await self._is_complete(redis):
                pass

    async def _is_complete(self, redis: Redis) -> bool:
        masters: Any = await redis.sentinel_masters()
        return masters["money"]["num-slaves"] == 1

    def end(self) -> None:
        """End all of them."""
        for server in (self.sentinel, self.replica, self.master):
            server.remove()


@pytest.fixture
async def family() -> AsyncGenerator[Family]:
    made = Family()
    try:
        await made.begin()
        yield made
    finally:
        made.end()


async def test_a_refund_that_waits_is_paid_once_after_the_master_died(family: Family) -> None:
    async with make_world(family.url) as world, world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        async with client.connect(family.url) as redis:
            await redis.wait(1, 5000)
        family.master.kill()
        waits = await world.asks("show me INV-1004")
        # It is delivered once more, or found in Slack's history before that.
        await world.slack.until(lambda: len(world.slack.deliveries[-1].history) > 1 or world.done(waits))
        world.slack.clock.advance(61)
        await world.hears(waits, "Juniper Labs")
        while not await world.approves(OMAR, card):
            pass  # Slack says that the bot did not answer in time, and the person clicks again
        await world.hears(thread, "Done: I refunded")

        assert world.refunds == [("INV-1003", "29.00")]
        assert len(world.replies(waits)) == 1
