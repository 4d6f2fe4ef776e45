"""Replicas whose settings differ: they do not both serve."""

from __future__ import annotations

from bot.operations.command import FAILED
from bot.store import client
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import OMAR, World


async def test_a_replica_with_other_shards_or_another_team_does_not_start_and_nothing_is_paid_twice(
    world: World, bots: Bots
) -> None:
    await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)

    said = await bots.refused(REDIS_SHARDS="3")
    assert "CannotStart: REDIS_SHARDS is 3" in said
    assert "laid out with 4" in said
    said = await bots.refused(REDIS_PREFIX=f"{world.prefix}x")
    assert f"has stored its threads under {world.prefix}" in said
    said = await bots.refused(TEAM="hr")
    assert "CannotStart: TEAM is hr, but 1 of the replicas that serve now" in said

    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 1


async def test_a_replica_that_starts_while_redis_is_full_says_so_in_a_sentence(
    world: World, bots: Bots, server: RedisServer
) -> None:
    async with client.connect(server.url) as redis:
        await redis.config_set("maxmemory", "1")
    child = await bots.begin(REDIS_URL=server.url)
    await world.slack.until(lambda: not child.is_running)

    said = child.last_words()
    assert await child.wait() == FAILED
    assert "Redis answers at REDIS_URL, but does not take what has to be written at start" in said
    assert "Traceback" not in said


async def test_new_policies_take_the_work_over_while_the_earlier_replica_only_takes_in(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    # Nobody but the new replica may judge from now on: to it 26.00 needs nobody, to the first one it does.
    await bots.start(REFUND_APPROVAL_OVER="40.00", REFUND_INVOICE_OVER="200.00")
    await bots.says(first, "policies were replaced")

    others = [await world.asks(f"refund ${amount} on INV-1005") for amount in range(21, 27)]
    for other in others:
        await world.hears(other, "Done: I refunded")
    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded")
    assert sorted(amount for _, amount in world.refunds) == [
        *(f"{amount}.00" for amount in range(21, 27)),
        "29.00",
    ]
