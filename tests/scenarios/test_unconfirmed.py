"""A Redis without the replica that has to confirm writes: nothing is done, that is said, and done later."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from devkit.demo import free_ports
from tests.redis_server import RedisServer
from tests.scenarios.test_retries_set_back import at_rest
from tests.world import ANA, OMAR, SUPPORT, World, ids
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
    """And who resets a thread in no message is told that it failed, until then."""
    replica = RedisServer(port=str(*free_ports(1)), replicaof=f"127.0.0.1 {port}", **AT)
    async with world.bot(EFFECTS_WAIT_FOR="replicas", EFFECTS_WAIT_SECONDS="0.3"):
        thread = await world.asks("refund $11 on INV-1005")
        await world.slack.until(
            lambda: [m for m in world.replies(thread) if "nothing was done yet" in m.shown]
        )
        assert world.billing.requests == 0
        other = await world.asks("hello")
        await world.slack.until(lambda: world.done(other))
        await at_rest(world, other)
        assert not await world.slack.shortcut(ANA, "reset_thread", SUPPORT, other)
        replica.start()
        try:
            await world.hears(thread, "Done: I refunded **11.00 USD**")
            while not await world.slack.shortcut(ANA, "reset_thread", SUPPORT, other):
                continue  # the replica may be slow
        finally:
            replica.remove()

    assert world.refunds == [("INV-1005", "11.00")]
    assert len(world.replies(thread)) == 1


async def test_a_stop_of_what_waits_for_a_confirmation_counts_and_the_card_says_so(world: World) -> None:
    async with world.bot(EFFECTS_WAIT_FOR="replicas", EFFECTS_WAIT_SECONDS="1"):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.approves(OMAR, card)
        await world.slack.until(lambda: [m for m in world.replies(thread) if "stop" in ids(m)])
        running = next(m for m in world.replies(thread) if "stop" in ids(m))
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.hears(thread, "Stopped. Nothing after this point was done.")
        await world.slack.until(lambda: "Approved, not done: Refund 29.00 USD" in card.shown)

    assert "*Approved* by" in card.shown
    assert "The request was stopped. This had not begun by then." in card.shown
    assert world.billing.requests == 0
