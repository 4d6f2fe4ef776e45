"""Replicas whose settings differ: they do not both serve."""

from __future__ import annotations

from tests.bots import Bots
from tests.world import OMAR, World


async def test_a_replica_with_other_shards_does_not_start_and_nothing_is_paid_twice(
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

    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 1


async def test_new_policies_take_the_work_over_while_the_earlier_replica_only_takes_in(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    # Nobody but the new replica may judge from now on: to it 26.00 needs nobody, to the first one it does.
    await bots.start(REFUND_APPROVAL_OVER="40.00")
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
