"""Who decides sees what else was done, or is asked for, on the same invoice."""

from __future__ import annotations

from tests.world import ANA, OMAR, THEO, World


async def test_the_same_refund_in_two_threads_is_seen_on_the_second_card(world: World) -> None:
    async with world.bot():
        await world.hears(await world.asks("refund 5.00 EUR on INV-1006", user=THEO), "Done: I refunded")
        first = await world.card(await world.asks("refund 21.00 EUR on INV-1006"))
        assert "Also on INV-1006:\n• 5.00 EUR, allowed <!date^" in first.shown
        second = await world.card(await world.asks("refund 21.00 EUR on INV-1006", user=THEO))
        assert "• 21.00 EUR, asked for <!date^" in second.shown
        assert f"<@{ANA}>" not in second.pings
        elsewhere = await world.card(await world.asks("refund $29 on INV-1003"))
        assert "Also on" not in elsewhere.shown
        await world.approves(OMAR, first)
        await world.slack.until(lambda: "*Done*" in first.shown)
        third = await world.card(await world.asks("refund 22.00 EUR on INV-1006", user=THEO))

    assert "• 21.00 EUR, allowed " in third.shown
    assert "• 21.00 EUR, asked for " in third.shown
