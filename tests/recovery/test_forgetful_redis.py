"""Redis loses its last moments together with the bot, and Slack tells of the message again: paid once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bot.store import client
from bot.thread import ThreadRef
from devkit.slack.workspace import TEAM
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import OMAR, SUPPORT, World, ids
from tests.world import world as make_world

#: How much of what was written between two moments is kept.
CUTS = (0.0, 0.25, 0.5, 0.75, 0.95)


@pytest.fixture
async def server() -> AsyncGenerator[RedisServer]:
    """A Redis of the test's own."""
    made = RedisServer(appendfsync="everysec")
    made.start()
    yield made
    made.remove()


@pytest.fixture
async def world(server: RedisServer) -> AsyncGenerator[World]:
    """Everything outside the bot, with that Redis."""
    async with make_world(server.url) as made:
        yield made


async def lose_power(world: World, bots: Bots, server: RedisServer, kept: int) -> None:
    """Kill both at once, let Redis have lost the end of what it wrote, and start both again."""
    await bots.stop()
    server.kill()
    server.forget_after(kept)
    await world.slack.until(lambda: world.slack.sockets == 0)
    server.start()
    await bots.start()


async def comes_to_rest(world: World, thread: str) -> None:
    """Wait until nothing is left to do in a thread; people say yes to whatever they are asked."""
    inbox = world.keys.inbox(ThreadRef(TEAM, SUPPORT, thread))
    async with asyncio.timeout(60), client.connect(world.redis_url) as redis:
        while True:
            while await redis.zcard(inbox):
                await asyncio.wait({asyncio.ensure_future(world.slack.workspace.change())}, timeout=0.05)
            asked = [(m, a) for m in world.replies(thread) for a in ("approve", "try_again") if a in ids(m)]
            if not asked:
                return
            card, action = asked[-1]
            await world.slack.clicks(OMAR, card.channel, card.ts, action)


async def told_again(world: World, thread: str) -> None:
    """Let Slack deliver a message once more, and wait until it is acked."""
    await world.slack.deliver_again(thread)
    await world.slack.until(lambda: all(one.is_acked for one in world.slack.deliveries[-1:]))
    await comes_to_rest(world, thread)


async def test_a_refund_is_paid_once_wherever_the_file_breaks_off(
    world: World, bots: Bots, server: RedisServer
) -> None:
    await bots.start()
    expected: list[str] = []
    for number, cut in enumerate(CUTS):
        before, small, large = server.written, f"{11 + number}.00", f"{31 + number}.00"
        nobody_asked = await world.asks(f"refund ${small} on INV-1005")
        approved = await world.asks(f"refund ${large} on INV-1005")
        await world.approves(OMAR, await world.card(approved))
        await world.hears(nobody_asked, f"Done: I refunded **{small} USD**")
        await world.hears(approved, f"Done: I refunded **{large} USD**")
        expected += [small, large]
        await lose_power(world, bots, server, before + round((server.written - before) * cut))
        await told_again(world, nobody_asked)
        await told_again(world, approved)
        assert sorted(amount for _, amount in world.refunds) == sorted(expected)

    assert world.billing.requests >= len(expected) + 2  # what was forgotten was asked for again
