"""Replicas that are told to stop: what they have begun is finished, or goes on elsewhere."""

from __future__ import annotations

from bot.domain import sentences
from tests.bots import Bots
from tests.world import ANA, OMAR, SUPPORT, World, ids


async def test_a_replica_that_leaves_hands_its_run_over_at_the_next_checkpoint(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("show me INV-1003")
    await world.hears(thread, "Hazel & Co")
    undisturbed = len(world.model.asked())
    world.model.delay = 0.5
    thread = await world.asks("show me INV-1005")
    await world.slack.until(lambda: len(world.model.asked()) == undisturbed + 1)
    await first.stop()
    assert sentences.PAUSED.strip("_") in world.replies(thread)[0].shown  # it did not wait for the end
    world.model.delay = 0
    await bots.start()
    await world.hears(thread, "INV-1005")

    assert len(world.replies(thread)) == 1
    assert len(world.model.asked()) == 2 * undisturbed  # no answer of the model was thrown away


async def test_what_cannot_be_finished_in_time_says_so_and_goes_on_later_in_the_same_message(
    world: World, bots: Bots
) -> None:
    world.model.delay = 0.1
    first = await bots.start(DRAIN_SECONDS="0")
    thread = await world.asks("write a long answer")
    await world.slack.until(lambda: [m for m in world.replies(thread) if "Part 1" in m.shown])
    await first.stop()

    (half,) = world.replies(thread)
    assert sentences.PAUSED.strip("_") in half.shown
    assert "stop" not in ids(half)
    world.model.delay = 0
    await bots.start()
    await world.hears(thread, "Part 5")
    assert len(world.replies(thread)) == 1
    assert sentences.PAUSED.strip("_") not in world.replies(thread)[0].shown


async def test_a_rolling_restart_under_load_loses_and_repeats_nothing(world: World, bots: Bots) -> None:
    world.model.delay = 0.02
    old = [await bots.start() for _ in range(2)]
    refunds = [await world.asks(f"refund ${amount} on INV-1005") for amount in range(30, 36)]
    chats = [await world.asks("write a long answer") for _ in range(4)]
    for replica in old:
        await bots.start()
        await replica.stop()
    world.model.delay = 0
    for thread in refunds:
        await world.insists(OMAR, await world.card(thread))
    for thread in chats:
        await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    for thread in refunds:
        await world.hears(thread, "Done: I refunded")
    for thread in chats:
        await world.hears(thread, "Part 5")
        await world.hears(thread, "Here is what you can try")

    assert sorted(amount for _, amount in world.refunds) == [f"{amount}.00" for amount in range(30, 36)]
    assert all(len(world.replies(thread)) == 3 for thread in refunds)
    assert all(len(world.replies(thread)) == 2 for thread in chats)
