"""Words of a message that was deleted are shown to no model any more, wherever they had been read."""

from __future__ import annotations

from bot.domain.read_words import DELETED
from tests.world import BOT_USER, MEI, OMAR, SUPPORT, THEO, World


async def test_what_was_deleted_is_not_read_again_and_what_others_said_is(world: World) -> None:
    async with world.bot():
        thread = await world.slack.says(THEO, SUPPORT, "their card ends in 4711")
        await world.slack.says(MEI, SUPPORT, "they are in Utrecht", thread_ts=thread)
        await world.asks("refund $29 on INV-1003", thread=thread)
        card = await world.card(thread)
        joined = await world.slack.says(MEI, SUPPORT, f"<@{BOT_USER}> their phone is 5550", thread_ts=thread)
        await world.hears(thread, "Noted. I am waiting")
        assert "4711" in str(world.model.asked()[-1].body)
        asked = len(world.model.asked())
        world.slack.deletes(SUPPORT, thread)  # it has replies: a tombstone stays
        world.slack.deletes(SUPPORT, joined)
        await world.taken()
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded")
        aside = await world.slack.says(MEI, SUPPORT, f"<@{THEO}> the door code is 9876", thread_ts=thread)
        await world.asks("show me INV-1004", thread=thread)
        await world.hears(thread, "Juniper Labs")
        told = str(world.model.asked()[-1].body)
        world.slack.deletes(SUPPORT, aside)
        await world.taken()
        await world.asks("show me INV-1005", thread=thread)
        await world.hears(thread, "Rowan Freight")

    bodies = [str(one.body) for one in world.model.asked()[asked:]]
    assert not [body for body in bodies if "4711" in body or "5550" in body]
    assert all("they are in Utrecht" in body and DELETED in body for body in bodies)
    assert "> Mei Lin: @Theo Brandt the door code is 9876" in told
    assert "9876" not in bodies[-1]
    assert bodies[-1].count(DELETED) == 3
    assert world.refunds == [("INV-1003", "29.00")]
