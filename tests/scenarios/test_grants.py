"""Approved for the rest of a run: as far as the button says, and until anybody writes into it."""

from __future__ import annotations

from typing import Any

from devkit.model.script import Calls, Text
from devkit.slack.workspace import Message
from tests.world import ANA, OMAR, World

LAST = "That was all of it."


def refunds(*asked: tuple[str, str, str]) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("issue_refund", {"invoice_id": invoice, "amount": amount, "currency": currency, "reason": "late"})
        for invoice, amount, currency in asked
    ]


def plays(world: World, *asked: tuple[str, str, str]) -> None:
    """Let the model ask for one refund after the other."""
    turns = [Calls([call]) for call in refunds(*asked)]
    world.model.script(Calls([("transfer_to_billing", {})]), *turns, Text(LAST))


async def agrees_in_advance(world: World, card: Message) -> None:
    await world.slack.clicks(OMAR, card.channel, card.ts, "approve_rest")


async def test_it_reaches_to_its_sum_on_its_invoice_and_no_further(world: World) -> None:
    asked = [("INV-1005", amount, "USD") for amount in ("60.00", "50.00", "40.00", "30.00")]
    plays(world, *asked, ("INV-1006", "9999.00", "EUR"))
    async with world.bot():
        thread = await world.asks("refund it in parts")
        card = await world.card(thread)
        (label,) = [b["text"]["text"] for b in card.buttons if b["action_id"] == "approve_rest"]
        assert label == "Approve, and up to 100.00 USD more on INV-1005 in this run"
        await agrees_in_advance(world, card)
        await world.slack.until(lambda: [c for c in world.cards(thread) if "30.00" in c.shown])
        assert [amount for _, amount in world.refunds] == ["60.00", "50.00", "40.00"]
        (over,) = world.cards(thread)
        await world.rejects(OMAR, over)
        await world.slack.until(lambda: [c for c in world.cards(thread) if "9,999.00" in c.shown])
        await world.rejects(OMAR, world.cards(thread)[-1])
        await world.hears(thread, LAST)

    assert len(world.refunds) == 3


async def test_a_message_that_joins_the_run_ends_it(world: World) -> None:
    plays(world, ("INV-1005", "60.00", "USD"), ("INV-1003", "29.00", "USD"), ("INV-1005", "50.00", "USD"))
    async with world.bot():
        thread = await world.asks("refund it in parts")
        await agrees_in_advance(world, await world.card(thread))
        await world.slack.until(lambda: [c for c in world.cards(thread) if "INV-1003" in c.shown])
        await world.asks("and the rest, please", user=ANA, thread=thread)
        await world.hears(thread, "Noted. I am waiting")
        await world.approves(OMAR, world.cards(thread)[-1])
        await world.slack.until(lambda: [c for c in world.cards(thread) if "50.00" in c.shown])
        assert "approve_rest" not in [b["action_id"] for b in world.cards(thread)[-1].buttons]

    assert [amount for _, amount in world.refunds] == ["60.00", "29.00"]
