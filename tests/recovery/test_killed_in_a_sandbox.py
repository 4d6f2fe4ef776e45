"""A bot that dies while code runs leaves no sandbox behind, and its thread goes on from the checkpoint."""

from __future__ import annotations

from tests.bots import Bots
from tests.world import World


async def test_a_task_goes_on_in_another_bot_and_another_sandbox_with_its_files(
    world: World, bots: Bots
) -> None:
    async with world.sandboxes() as bridge:
        first = await bots.start()
        thread = await world.asks("run `echo kept > note.txt`")
        await world.hears(thread, "Done.")
        await world.asks("run `cat note.txt; sleep 4; echo late`", thread=thread)
        await world.slack.until(lambda: any("… 2 s" in m.shown for m in world.replies(thread)))
        (left,) = bridge.ledger()
        await first.kill()
        await bots.start()
        told = await world.hears(thread, "late")

        assert "kept" in told.shown
        assert len(world.replies(thread)) == 2
        assert left.id not in {one.id for one in bridge.ledger()}
        await bots.stop()
