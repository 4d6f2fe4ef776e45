"""A Redis without the replica that has to confirm writes: nothing is done, that is said, and done later."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from devkit.demo import free_ports
from tests.redis_server import RedisServer
from tests.world import World
from tests.world import world as make_world

AT = {"bind": "127.0.0.1"}


@pytest.fixture
def port() -> int:
    """The port of a Redis of the test's own."""
    return free_ports(1)[0]


@pytest.fixture
async def world(port: int) -> AsyncGenerator[World]:
    """Everything outside the bot, with that Redis."""
    master = RedisServer(port=str(port), **AT)
    master.start()
    try:
        async with make_world(master.url) as made:
            yield made
    finally:
        master.remove()


async def test_a_refund_waits_until_a_replica_has_its_beginning(world: World, port: int) -> None:
    replica = RedisServer(port=str(*free_ports(1)), replicaof=f"127.0.0.1 {port}", **AT)
    async with world.bot(EFFECTS_WAIT_FOR="replicas", EFFECTS_WAIT_SECONDS="0.3"):
        thread = await world.asks("refund $11 on INV-1005")
        await world.slack.until(
            lambda: [m for m in world.replies(thread) if "nothing was done yet" in m.shown]
        )
        assert world.billing.requests == 0
        replica.start()
        try:
            await world.hears(thread, "Done: I refunded **11.00 USD**")
        finally:
            replica.remove()

    assert world.refunds == [("INV-1005", "11.00")]
    assert len(world.replies(thread)) == 1
