"""What a call would do, on its card: read from the billing service before people are asked, and before a click counts."""

from __future__ import annotations

from typing import Any

from countersign import Call, Policy, Preview, ask
from countersign.teams.support.refund_preview import refund_preview
from countersign.teams.support.refunds import Support
from devkit.billing.server import Fault, Of
from devkit.model.script import Calls
from tests.tools import gift, give_money, scripted
from tests.world import ANA, MEI, OMAR, SUPPORT, World, ids


def refund(amount: str, invoice_id: str = "INV-1003", currency: str = "USD") -> tuple[str, dict[str, Any]]:
    given = {"invoice_id": invoice_id, "amount": amount, "currency": currency, "reason": "double charge"}
    return "issue_refund", given


def nobody_answers(times: int) -> Fault:
    """The service behind the preview breaks down: one look asks it three times."""
    return Fault(status=500, of=Of.INVOICE, times=3 * times)


async def test_what_cannot_be_refunded_is_refused_before_anybody_is_asked(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $5000 on INV-1002")
        await world.hears(
            thread, "99.00 USD of 99.00 USD are left to refund on INV-1002, so 5,000.00 USD is too much."
        )
        await world.asks("refund 100 USD on INV-1006", thread=thread)
        await world.hears(thread, "INV-1006 is in EUR, so nothing can be refunded on it in USD.")
        scripted(world, Calls([refund("29.00", "INV-9999")]), last="There is none.")
        unknown = await world.asks("refund that one too")
        await world.hears(unknown, "There is none.")

    assert "There is no invoice INV-9999." in str(world.model.asked()[-1])
    assert world.billing.requests == 0
    assert world.cards_in("C0FINANCE1") == world.cards_in(SUPPORT) == []
    deeds = await world.deeds()
    assert (deeds.count("refused"), deeds.count("requested")) == (3, 0)


async def test_a_card_shows_what_would_happen_and_asks_anew_where_that_has_changed(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $500 on INV-1005")
        card = await world.card(thread)
        assert card.text.startswith("Approval needed: Refund 500.00 USD to Rowan Freight, INV-1005")
        for line in (
            "Customer: Rowan Freight",
            "Invoice total: 1,480.00 USD",
            "Left to refund: 1,480.00 USD",
        ):
            assert line in card.shown

        assert "Also on INV-1005" not in card.shown
        await world.hears(await world.asks("refund $20 on INV-1005"), "Done: I refunded")
        await world.approves(OMAR, card)
        await world.told(OMAR, "Left to refund: 1,480.00 USD → 1,460.00 USD. Look again, and click once more")
        await world.slack.until(lambda: "Changed since this was asked" in card.shown)
        assert "Left to refund: 1,460.00 USD" in card.shown
        assert "Also on INV-1005:" in card.shown
        assert "20.00 USD, allowed" in card.shown
        assert world.refunds == [("INV-1005", "20.00")]

        world.billing.refund_at_the_desk("INV-1005", "1080.00")
        await world.approves(OMAR, card)
        problem = "380.00 USD of 1,480.00 USD are left to refund on INV-1005, so 500.00 USD is too much."
        await world.told(OMAR, f"it cannot be done any more. {problem}")
        named = "“Refund 500.00 USD to Rowan Freight, INV-1005”"
        await world.hears(thread, f"{named} still waits, but it cannot be done as it stands: {problem}")
        await world.slack.until(lambda: f"This cannot be done as it stands: {problem}" in card.shown)
        (theirs,) = world.cards_in("C0FINANCE1")
        await world.slack.until(lambda: ids(theirs) == ["reject", "edit", "details"])

        answer = await world.edits(OMAR, card, amount="400.00")
        assert "so 400.00 USD is too much" in answer["errors"]["edit:amount"]
        await world.slack.closes(OMAR, (await world.form(OMAR)).id)
        await world.edits(OMAR, card, amount="300.00")
        await world.slack.until(lambda: "Refund 300.00 USD to Rowan Freight" in card.shown)
        await world.approves(MEI, card)
        await world.hears(thread, "Done: I refunded **300.00 USD** on INV-1005")

    assert world.refunds[-1] == ("INV-1005", "300.00")
    assert len(world.refunds) == 3
    deeds = await world.deeds()
    assert (deeds.count("seen_anew"), deeds.count("edited"), deeds.count("decided")) == (2, 1, 1)


async def test_who_agreed_to_what_is_another_by_now_is_told_that_it_does_not_count(world: World) -> None:
    async def preview(services: Support, call: Call) -> Preview:
        return await refund_preview(services.billing, call)

    scripted(world, Calls([gift("500.00", "INV-1005")]), last="Given.")
    async with world.bot(give_money(Policy(ask("finance", quorum=2)), preview=preview)):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.approves(OMAR, card)
        await world.hears(thread, "1 of 2 of finance have agreed")
        world.billing.refund_at_the_desk("INV-1005", "100.00")
        await world.approves(MEI, card)
        await world.told(MEI, "Left to refund: 1,480.00 USD → 1,380.00 USD. Look again, and click once more")
        (theirs,) = world.cards_in("C0FINANCE1")
        notice = await world.hears(theirs.ts, "has changed since you approved it", channel="C0FINANCE1")
        assert notice.shown.startswith(f"<@{OMAR}> *Refund 500.00 USD to Rowan Freight, INV-1005*")
        await world.hears(thread, "all are asked anew")
        await world.slack.until(lambda: "Changed since this was asked" in card.shown)
        await world.approves(MEI, card)
        await world.slack.until(lambda: "Still needed: 1 of finance" in card.shown)
        await world.approves(OMAR, card)
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1005", "100.00"), ("INV-1005", "500.00")]


async def test_a_service_that_does_not_answer_is_said_to_and_no_click_counts_on_what_it_said_before(
    world: World,
) -> None:
    scripted(world, Calls([refund("29.00")]), last="Made.")
    world.billing.faults.append(nobody_answers(2))
    async with world.bot():
        blind = await world.asks("refund that")
        card = await world.card(blind)
        assert card.text.startswith("Approval needed: Issue refund · 29.00 USD")
        assert "Could not look up what this would change" in card.shown
        await world.approves(OMAR, card)  # nobody answers him either: he has seen as much as there is
        await world.hears(blind, "Made.")
        assert world.refunds == [("INV-1003", "29.00")]

        world.model.clear()
        thread = await world.asks("refund $30 on INV-1005")
        card = await world.card(thread)
        world.billing.faults.append(nobody_answers(1))
        await world.approves(MEI, card)
        await world.told(MEI, "I could not look up whether this would still do what the card says")
        assert len(world.refunds) == 1
        await world.approves(MEI, card)
        await world.hears(thread, "Done: I refunded **30.00 USD** on INV-1005")

    assert world.refunds[1:] == [("INV-1005", "30.00")]
    assert ANA not in {
        link.entry.person for link in await world.records() if str(link.entry.deed) == "decided"
    }


async def test_a_change_that_cannot_be_done_changes_nothing_whatever_form_it_came_from(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $30 on INV-1002")
        card = await world.card(thread)
        world.billing.faults.append(nobody_answers(1))  # the form is not held up by that
        assert "errors" not in await world.edits(OMAR, card, amount="5000.00")
        await world.told(
            OMAR, "Nothing changed, because this cannot be done: 99.00 USD of 99.00 USD are left"
        )
        await world.approves(OMAR, card)  # who changed nothing is no author
        await world.hears(thread, "Done: I refunded **30.00 USD** on INV-1002")

    assert world.refunds == [("INV-1002", "30.00")]
    deeds = await world.deeds()
    assert (deeds.count("click_refused"), deeds.count("edited")) == (1, 0)
