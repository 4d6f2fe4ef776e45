"""What goes first after a crash: a reset overtakes the click whose run was cut off."""

from __future__ import annotations

from tests.bots import Bots
from tests.world import ANA, BOT_USER, OMAR, SUPPORT, World, ids


async def test_a_reset_that_overtakes_a_cut_off_run_leaves_no_message_that_looks_alive(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    world.model.delay = 0.3
    await world.approves(OMAR, card)
    await world.slack.until(lambda: world.refunds)
    await world.slack.until(lambda: [m for m in world.replies(thread) if "stop" in ids(m)])
    await first.kill()
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    world.model.delay = 0
    await bots.start()
    await world.hears(thread, "Forgotten, as asked.")
    await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    await world.hears(thread, "Here is what you can try")

    assert len(world.done(thread)) == len(world.replies(thread))
    assert world.billing.requests == 1
