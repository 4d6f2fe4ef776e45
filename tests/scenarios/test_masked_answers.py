"""What a model writes reaches Slack without its secrets, whatever it is posted as; what people decide on does whole."""

from __future__ import annotations

import json

from devkit.model.script import Calls
from tests.tools import scripted
from tests.world import OMAR, World

KEY = "sk-proj-4f9aBcD_efGhIjKlMnOp"
CARD = "4242 4242 4242 4242"
SAID = (
    f"It was paid with {CARD} on Monday; the account's key is {KEY} and its customer Hazel & Co. "
    + "More of it. " * 20
)


async def test_no_call_of_slack_holds_a_secret_of_an_answer(world: World) -> None:
    world.model.delay = 0.03  # the answer takes longer than the time between two edits
    scripted(world, last=SAID)
    async with world.bot():
        thread = await world.asks("how was it paid?")
        answer = await world.hears(
            thread, "•••• stands for what I do not show in answers: a card number and a secret."
        )
        await world.slack.until(lambda: answer.edits > 1)

    assert "paid with •••• 4242 on Monday; the account's key is •••••• and its customer" in answer.shown
    called = [json.dumps(call.arguments, default=str) for call in world.slack.calls]
    assert sum("paid with" in one for one in called) > 1
    assert not [one for one in called if KEY[:12] in one or CARD[:9] in one]


async def test_what_a_card_shows_is_what_runs_and_is_never_masked(world: World) -> None:
    reason = f"Charged twice on {CARD}, says {KEY}"
    call = (
        "issue_refund",
        {"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD", "reason": reason},
    )
    scripted(world, Calls([call], text=f"I will refund {CARD}."), last=f"Refunded {CARD}.")
    async with world.bot():
        thread = await world.asks("refund it")
        card = await world.card(thread)
        assert reason in card.shown
        await world.approves(OMAR, card)
        await world.hears(thread, "Refunded •••• 4242.")

    assert [refund["reason"] for refund in world.billing.ledger()] == [reason]
