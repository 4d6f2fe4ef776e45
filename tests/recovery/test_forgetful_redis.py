"""Redis loses its last moments together with the bot, and Slack tells of the message again: paid once."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.thread import ThreadRef
from bot.store import client
from devkit.slack.workspace import TEAM
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import OMAR, SUPPORT, World, ids

#: How much of what was written between two moments is kept.
CUTS = (0.0, 0.25, 0.5, 0.75, 0.95)


@pytest.fixture
def world(around: World) -> World:
    """Everything outside the bot, with a Redis of the test's own."""
    return around


async def lose_power(world: World, bots: Bots, server: RedisServer, kept: int, **settings: str) -> None:
    """Kill both at once, let Redis have lost the end of what it wrote, and start both again."""
    await bots.stop()
    server.kill()
    server.forget_after(kept)
    await world.slack.until(lambda: world.slack.sockets == 0)
    server.start()
    await bots.start(**settings)


async def comes_to_rest(world: World, thread: str, by: str) -> None:
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
            await world.slack.clicks(by, card.channel, card.ts, action)


async def told_again(world: World, thread: str, by: str = OMAR) -> None:
    """Let Slack deliver a message once more, and wait until it is acked."""
    await world.slack.deliver_again(thread)
    await world.slack.until(lambda: all(one.is_acked for one in world.slack.deliveries[-1:]))
    await comes_to_rest(world, thread, by)


async def test_a_refund_is_paid_once_wherever_the_file_breaks_off(
    world: World, bots: Bots, server: RedisServer
) -> None:
    await bots.start()
    expected: list[str] = []
    for number, cut in enumerate(CUTS):
        before, small, large = server.written, f"{11 + number}.00", f"{31 + number}.00"
        nobody_asked = await world.asks(
            f"refund {small} on INV-1006"
        )  # in all less than people would be asked about
        approved = await world.asks(f"refund ${large} on INV-1005")
        await world.insists(OMAR, await world.card(approved))
        await world.hears(nobody_asked, f"Done: I refunded **{small} EUR**")
        await world.hears(approved, f"Done: I refunded **{large} USD**")
        expected += [small, large]
        await lose_power(world, bots, server, before + round((server.written - before) * cut))
        await told_again(world, nobody_asked)
        await told_again(world, approved)
        assert sorted(amount for _, amount in world.refunds) == sorted(expected)


async def test_a_refund_that_redis_forgot_before_its_answer_is_asked_for_again_and_paid_once(
    world: World, bots: Bots, server: RedisServer
) -> None:
    await bots.start()
    await world.hears(await world.asks("show me INV-1001"), "Northwind Tea")
    before = server.written
    world.billing.hold_answers(1)
    thread = await world.asks("refund $11 on INV-1005")
    await world.billing.when_refunded()
    asked = world.billing.requests
    await lose_power(world, bots, server, before)
    await told_again(world, thread)

    await world.hears(thread, "Done: I refunded **11.00 USD**")
    assert world.billing.requests > asked
    assert world.refunds == [("INV-1005", "11.00")]


async def test_a_card_that_says_only_approved_says_what_became_of_it_though_it_is_forgotten(
    world: World, bots: Bots, server: RedisServer
) -> None:
    await bots.start()
    await world.hears(await world.asks("show me INV-1001"), "Northwind Tea")
    before = server.written
    world.billing.hold_answers(1)
    card = await world.card(await world.asks("refund $29 on INV-1003"))
    await world.approves(OMAR, card)
    await world.billing.when_refunded()
    await world.slack.until(lambda: "*Approved*" in card.shown)
    assert "*Done*" not in card.shown
    await lose_power(world, bots, server, before)

    await world.slack.until(lambda: "It was done before that" in card.shown)
    assert "*Done*" in card.shown
    assert world.refunds == [("INV-1003", "29.00")]
