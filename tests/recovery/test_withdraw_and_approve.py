"""Who asked takes a call back in the very moment in which it is approved, with two replicas at work."""

from __future__ import annotations

import asyncio

from tests.bots import Bots
from tests.world import ANA, OMAR, SUPPORT, World, ids

INVOICES = ("INV-1002", "INV-1003", "INV-1005")


async def test_one_of_the_two_wins_and_the_other_is_told(world: World, bots: Bots) -> None:
    for _ in range(2):
        await bots.start()
    threads = [await world.asks(f"refund $29 on {invoice}") for invoice in INVOICES]
    for number, (invoice, thread) in enumerate(zip(INVOICES, threads, strict=True), start=1):
        mirror = await world.card(thread)
        buttons = (
            world.slack.clicks(OMAR, SUPPORT, mirror.ts, "approve"),
            world.slack.clicks(ANA, SUPPORT, mirror.ts, "withdraw"),
        )
        await asyncio.gather(*buttons)
        await world.slack.until(lambda card=mirror: ids(card) == ["details"] and said(card))
        approved = "*Approved* by" in mirror.shown
        assert approved != ("*Withdrawn* by" in mirror.shown)
        await world.hears(thread, "Done: I refunded" if approved else "it was withdrawn by who asked for it")
        loser, told = (ANA, "This was already approved") if approved else (OMAR, "This was withdrawn.")
        await world.told(loser, told)
        assert (invoice in [paid for paid, _ in world.refunds]) == approved
        await world.recorded("click_refused", number)


def said(card: object) -> bool:
    shown = str(getattr(card, "shown", ""))
    return "*Done*" in shown or "*Withdrawn*" in shown
