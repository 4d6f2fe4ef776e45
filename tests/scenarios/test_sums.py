"""Small refunds that add up: what nobody is asked about is bounded by sums and counts, whatever way it is split."""

from __future__ import annotations

import asyncio

from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.totals import total
from devkit.billing.server import Fault
from devkit.model.script import Calls, Text
from tests.scenarios.test_outcome import questions
from tests.tools import gift, give_money, no_look_up
from tests.world import ANA, MEI, OMAR, THEO, World, ids

SMALL = "refund 20.00 EUR on INV-1006"
REFUND = ("issue_refund", {"invoice_id": "INV-1006", "amount": "20.00", "currency": "EUR", "reason": "late"})
SO_FAR = "More than 100.00 EUR of refunds on INV-1006 within 30 days (100.00 EUR so far)."


async def test_eight_small_refunds_in_one_turn_are_asked_about_from_the_limit_on(world: World) -> None:
    world.model.script(Calls([("transfer_to_billing", {})]), Calls([REFUND] * 8), Text("All of it is done."))
    async with world.bot():
        thread = await world.asks("refund it in eight parts")
        await world.slack.until(lambda: len(world.cards(thread)) == 3)
        cards = world.cards(thread)
        assert world.refunds == []
        assert all(SO_FAR in card.shown for card in cards)
        for card in cards[:2]:
            await world.approves(OMAR, card)
        await world.slack.clicks(MEI, cards[2].channel, cards[2].ts, "reject")
        await world.slack.submits(MEI, (await world.form(MEI)).id, {})
        await world.hears(thread, "All of it is done.")
        assert len(world.refunds) == 7

        other = await world.asks(SMALL, user=THEO)
        assert "(140.00 EUR so far)" in (await world.card(other)).shown


async def test_small_refunds_of_many_messages_and_people_are_asked_about_from_the_limit_on(
    world: World,
) -> None:
    async with world.bot():
        for number in range(5):
            await world.hears(await world.asks(SMALL, user=[ANA, THEO, MEI][number % 3]), "Done: I refunded")
        assert SO_FAR in (await world.card(await world.asks(SMALL))).shown
        await world.hears(await world.asks("refund 12.00 on INV-1004"), "Done: I refunded")

    assert len(world.refunds) == 6


async def test_one_person_is_asked_about_from_a_count_on_whatever_the_invoices_are(world: World) -> None:
    async with world.bot(REFUND_COUNT_OVER="2"):
        for what in ("1.00 on INV-1002", "1.00 on INV-1003"):
            await world.hears(await world.asks(f"refund {what}"), "Done: I refunded")
        await world.hears(await world.asks("refund 1.00 on INV-1005", user=THEO), "Done: I refunded")
        card = await world.card(await world.asks("refund 1.00 on INV-1004"))

    assert "More than 2 refunds by one person within a day (2 so far)." in card.shown


async def test_what_the_service_refuses_is_given_back_and_what_is_made_is_not(world: World) -> None:
    async with world.bot(REFUND_INVOICE_OVER="25"):
        for amount, says in (("13.00", 422), ("12.00", 0), ("13.00", 422), ("13.00", 422)):
            world.billing.faults += (
                [Fault(status=says)] if says else []
            )  # behind the preview, which finds nothing wrong
            thread = await world.asks(f"refund {amount} on INV-1005")
            await world.hears(thread, "was not made" if says else "Done: I refunded")

    assert world.refunds == [("INV-1005", "12.00")]


async def test_a_reset_gives_back_what_had_not_begun(world: World) -> None:
    large = (REFUND[0], {**REFUND[1], "amount": "60.00"})
    world.model.script(Calls([("transfer_to_billing", {})]), Calls([REFUND, REFUND, large]))
    async with world.bot():
        thread = await world.asks("refund it in parts")
        await world.card(thread)
        await world.asks("reset", thread=thread)
        await world.hears(thread, "say reset once more")
        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgotten, as asked.")
        for _ in range(5):
            await world.hears(await world.asks(SMALL), "Done: I refunded")

    assert len(world.refunds) == 5


async def test_an_edit_is_judged_by_what_it_adds_up_to(world: World) -> None:
    async with world.bot(REFUND_INVOICE_OVER="50"):
        for _ in range(2):
            await world.hears(await world.asks(SMALL), "Done: I refunded")
        card = await world.card(await world.asks("refund 21.00 EUR on INV-1006"))
        assert "(40.00 EUR so far)" in card.shown
        await world.edits(OMAR, card, amount="22.00")
        await world.slack.until(lambda: "22.00" in card.shown)
        assert "More than 50 EUR of refunds on INV-1006 within 30 days (40.00 EUR so far)." in card.shown


async def test_of_two_threads_in_the_same_instant_one_gets_the_last_bit(world: World) -> None:
    async with world.bot():
        for _ in range(4):
            await world.hears(await world.asks(SMALL), "Done: I refunded")
        threads = await asyncio.gather(*(world.asks(SMALL, user=user) for user in (ANA, THEO)))
        await world.slack.until(
            lambda: (
                any("Done: I refunded" in m.shown for one in threads for m in world.done(one))
                and any(world.cards(one) for one in threads)
            )
        )

        assert sorted(len(world.cards(one)) for one in threads) == [0, 1]


async def test_what_did_not_happen_counts_no_more_though_its_run_is_over(world: World) -> None:
    policy = Policy(ask("finance", when=total("amount", hours=1, over=50)), unknown_to="finance")
    to_billing = Calls([("transfer_to_billing", {})])
    both = Calls([gift("29.00", "INV-1005"), gift("20.00", "INV-1005")])
    world.model.script(to_billing, both, to_billing, Calls([gift("50.00", "INV-1005")]), Text("Given."))
    world.billing.faults += [Fault(status=503, times=6), no_look_up(6)]
    async with world.bot(give_money(policy)):
        thread = await world.asks("give them money")
        await world.slack.until(lambda: len(questions(world, thread)) == 2)
        first, second = questions(world, thread)
        await world.slack.clicks(MEI, first.channel, first.ts, "not_happened")  # its run still waits
        await world.slack.until(lambda: "*It did not happen, says*" in first.shown)
        await world.asks("reset", thread=thread)
        await world.hears(thread, "asked to look whether it happened")
        await world.slack.until(lambda: "try_again" not in ids(second))
        await world.slack.clicks(MEI, second.channel, second.ts, "not_happened")
        await world.slack.until(lambda: "*It did not happen, says*" in second.shown)
        await world.hears(await world.asks("give them money"), "Given.")

    assert world.refunds == [("INV-1005", "50.00")]
