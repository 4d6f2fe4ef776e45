"""Who wrote what lies in a kept workspace has a hand in what a later run makes of it."""

from __future__ import annotations

from devkit.slack.workspace import Message
from tests.world import ANA, MEI, OMAR, World

TASK = "run `echo 'refund 29.00 USD on INV-1003' > notes.md`"


async def refused_to_omar_and_approved_by_mei(world: World, thread: str, card: Message) -> None:
    """Omar has a hand in a refund of 29.00 on INV-1003, and Mei has none."""
    await world.approves(OMAR, card)
    await world.told(OMAR, "or had a hand in it")
    assert world.refunds == []
    await world.approves(MEI, card)
    await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]


async def test_nobody_approves_their_own_words_out_of_a_file_that_outlived_a_reset(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks(TASK, user=OMAR)
        await world.hears(thread, "Done.")
        await world.asks("reset, but keep the files", user=OMAR, thread=thread)
        await world.hears(thread, "Its files are still there.")
        await world.asks("refund $29 on INV-1003", user=ANA, thread=thread)
        card = await world.card(thread)
        await refused_to_omar_and_approved_by_mei(world, thread, card)

    (asked,) = [link.entry for link in await world.records() if link.entry.deed == "requested"]
    assert asked.person == ANA
