"""People read a tool's title everywhere; the record has its name."""

from __future__ import annotations

from tests.tools import FINANCE, give_money, gives, scripted
from tests.world import ANA, OMAR, SUPPORT, World


async def test_a_tool_is_called_by_its_title_wherever_people_read(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money(FINANCE, title="Hand over money")):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        assert "Approval needed: Hand over money · 29.00 USD" in card.shown
        await world.slack.says(ANA, SUPPORT, "please hurry", thread_ts=thread)
        await world.hears(thread, "to decide on “Hand over money · 29.00 USD”")
        await world.slack.clicks(OMAR, card.channel, card.ts, "reject")
        assert "“Hand over money · 29.00 USD” will not be done" in str((await world.form(OMAR)).body)
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Hand over money · 29.00 USD")
        await world.approves(OMAR, card)
        await world.hears(thread, "Given.")

    assert not [text for text in world.said() if "give_money" in text]
    assert {link.entry.tool for link in await world.records()} >= {"give_money"}
