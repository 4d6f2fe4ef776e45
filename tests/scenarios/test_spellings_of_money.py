"""However an amount is written: it is refused before anybody is asked, or shown as what is paid, in one form."""

from __future__ import annotations

from typing import Any

from devkit.model.script import Calls
from tests.tools import scripted
from tests.world import MEI, OMAR, World, ids

#: What a model wrote that the tool does not take.
REFUSED = (
    "1,480.00",
    "$29",
    "29.005",
    "0.00",
    "-5",
    "1e3",
    "1_000",
    "٢٩",
    "99٠0",
    " 29",
    "29 USD",
    "029",
    "NaN",
)


def refund(amount: object, invoice_id: str = "INV-1003") -> tuple[str, dict[str, Any]]:
    """A call of the demo's own refund tool."""
    return "issue_refund", {
        "invoice_id": invoice_id,
        "amount": amount,
        "currency": "USD",
        "reason": "late delivery",
    }


async def test_nobody_is_asked_about_a_number_that_people_would_read_otherwise(world: World) -> None:
    calls = [*(refund(amount) for amount in REFUSED), refund("29.00", "INV-1003/../INV-1004")]
    scripted(world, Calls(calls), last="I cannot write that down.")
    async with world.bot():
        thread = await world.asks("refund some money on INV-1003")
        await world.hears(thread, "I cannot write that down.")

    assert world.cards_in("C0FINANCE1") == []
    assert world.refunds == []
    assert str(world.model.asked()[-1].body).count(
        "nothing was done. amount: Write a positive amount"
    ) == len(REFUSED)
    assert "This has to be an invoice's number, such as INV-1003." in str(world.model.asked()[-1].body)


async def test_what_is_shown_is_what_is_paid_however_it_was_written(world: World) -> None:
    scripted(world, Calls([refund(28.5)]), last="They have it.")
    async with world.bot():
        thread = await world.asks("refund some money on INV-1003")
        card = await world.card(thread)
        assert "Amount: 28.50 USD" in card.shown
        await world.approves(OMAR, card)
        await world.hears(thread, "They have it.")

    assert world.refunds == [("INV-1003", "28.50")]
    assert "An approver changed this call" not in str(world.model.asked()[-1].body)


async def test_a_form_with_a_wrong_amount_says_so_at_the_field_and_nothing_changes(world: World) -> None:
    scripted(world, Calls([refund("29.00")]), last="They have it.")
    async with world.bot():
        thread = await world.asks("refund some money on INV-1003")
        card = await world.card(thread)
        for written in ("25 USD", "abc", "2_5", "٢٥"):
            answer = await world.edits(OMAR, card, amount=written)
            assert answer["response_action"] == "errors"
            assert "such as 29.00" in answer["errors"]["edit:amount"]
        assert "Amount: 29.00 USD" in card.shown
        assert await world.approves(OMAR, card)  # who tried to edit may still decide
        await world.hears(thread, "They have it.")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_an_edit_is_shown_and_paid_in_the_one_form(world: World) -> None:
    scripted(world, Calls([refund("29.00")]), last="They have it.")
    async with world.bot():
        thread = await world.asks("refund some money on INV-1003")
        card = await world.card(thread)
        await world.edits(OMAR, card, amount="25")
        await world.slack.until(lambda: "Amount: 25.00 USD" in card.shown)
        assert "approve" in ids(card)
        await world.approves(MEI, card)
        await world.hears(thread, "They have it.")

    assert world.refunds == [("INV-1003", "25.00")]
    assert "An approver changed this call" in str(world.model.asked()[-1].body)
