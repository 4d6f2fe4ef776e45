"""A refund that waits for a person."""

from __future__ import annotations

import asyncio

from devkit.billing.server import Fault
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, THEO, World, ids


async def test_a_refund_waits_for_finance_and_happens_once(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        assert world.refunds == []

        for person, words in ((THEO, "not one of the approvers"), (ANA, "You asked for this")):
            await world.approves(person, card)
            await world.told(person, words)
        assert world.refunds == []

        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]
    assert f"*Approved* by <@{OMAR}> <!date^" in card.shown
    assert ids(card) == ["details"]


async def test_the_card_shows_every_argument_before_anyone_decides(world: World) -> None:
    async with world.bot():
        card = await world.card(await world.asks("refund $29 on INV-1003 because they were charged twice"))

    for shown in ("Amount: 29.00 USD", "Invoice: INV-1003", "they were charged twice"):
        assert shown in card.shown


async def test_a_rejection_with_a_reason_reaches_the_model_and_the_thread(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.rejects(OMAR, card, "already refunded by card")
        await world.hears(thread, "was not made. Rejected by Omar Haddad: already refunded by card")

    assert world.refunds == []
    assert "already refunded by card" in card.shown


async def test_the_thread_says_the_amount_that_approvers_made_of_it(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $30 on INV-1005")
        card = await world.card(thread)
        asked = await world.hears(thread, "Refund 30.00 USD on INV-1005: waits for a go-ahead")
        assert "Billing takes over\nLooking up INV-1005 ✓\n" in asked.shown
        await world.edits(OMAR, card, amount="25.00")
        await world.slack.until(lambda: "25.00" in card.shown)
        await world.approves(MEI, card)
        done = await world.hears(thread, "Done: I refunded **25.00 USD** on INV-1005")

    assert "Refund 25.00 USD on INV-1005 ✓" in done.shown
    assert not [
        said for said in world.said() if "_invoice" in said or "issue_refund" in said or "Triage" in said
    ]
    assert world.refunds == [("INV-1005", "25.00")]


async def test_a_refused_change_is_told_with_the_amount_that_was_refused(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $30 on INV-1002")
        card = await world.card(thread)
        await world.edits(OMAR, card, amount="90.00")
        await world.slack.until(lambda: "Refund 90.00 USD" in card.shown)
        world.billing.faults.append(Fault(status=422))
        await world.approves(MEI, card)
        await world.hears(thread, "The refund of 90.00 USD on INV-1002 was not made.")

    assert world.refunds == []


async def test_an_answer_without_code_says_nothing_of_files_or_a_sandbox(world: World) -> None:
    """Every tool of every agent was once taken for one that works in the sandbox."""
    async with world.bot():
        looked_up = await world.asks("show me INV-1003")
        await world.hears(looked_up, "Hazel & Co")
        documents = await world.asks("how is a refund approved?")
        await world.hears(documents, "This is what I found")
        paid = await world.asks("refund $12 on INV-1004")
        await world.hears(paid, "Done: I refunded **12.00 USD** on INV-1004")

    said = " ".join(m.shown for thread in (looked_up, documents, paid) for m in world.replies(thread))
    assert "sandbox" not in said.replace("docs/sandbox.md", "")
    assert "could not keep the files" not in said


async def test_a_small_refund_needs_nobody(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $12 on INV-1004")
        await world.hears(thread, "Done: I refunded **12.00 USD** on INV-1004")

    assert world.refunds == [("INV-1004", "12.00")]
    assert world.cards(thread) == []


async def test_two_calls_of_one_turn_wait_for_their_own_decisions(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003 and $480 on INV-1005")
        await world.slack.until(lambda: len(world.cards(thread)) == 2)
        first, second = world.cards(thread)
        await world.approves(OMAR, first)
        await world.slack.until(lambda: "*Approved*" in first.shown)
        assert world.refunds == []

        await world.rejects(MEI, second, "too much")
        await world.hears(thread, "Rejected by Mei Lin: too much")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_two_opposite_clicks_at_once_make_one_decision(world: World) -> None:
    async with world.bot(), world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await asyncio.gather(world.approves(OMAR, card), world.rejects(MEI, card, "no"))
        await world.slack.until(lambda: ids(card) == ["details"])
        await world.slack.until(
            lambda: any(
                "This was already" in m.shown for who in (OMAR, MEI) for m in world.slack.ephemerals(who)
            )
        )
        await world.hears(thread, "INV-1003")
        approved = "*Approved*" in card.shown

    assert ("*Rejected*" in card.shown) is not approved
    assert len(world.refunds) == (1 if approved else 0)


async def test_a_message_while_it_waits_is_answered_after_the_decision(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(
            thread, "I am waiting for finance to decide on “Refund 29.00 USD to Hazel & Co, INV-1003”"
        )
        await world.approves(OMAR, card)
        answer = await world.hears(thread, "is dated **2026-10-02**")

    assert "Done: I refunded" in answer.shown
    assert world.refunds == [("INV-1003", "29.00")]


async def test_who_joins_a_waiting_run_cannot_approve_what_it_asks_for_next(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.slack.says(OMAR, SUPPORT, "refund $480 on INV-1005", thread_ts=thread)
        await world.hears(thread, "I am waiting for finance")
        await world.approves(MEI, card)
        await world.slack.until(lambda: any("480.00" in c.shown for c in world.cards(thread)))
        second = next(c for c in world.cards(thread) if "480.00" in c.shown)
        await world.approves(OMAR, second)
        await world.told(OMAR, "You asked for this")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_an_approval_for_a_direct_message_is_asked_for_where_approvers_are(world: World) -> None:
    direct = "D0ANA00001"
    async with world.bot():
        thread = await world.slack.says(ANA, direct, "refund $29 on INV-1003")
        await world.hears(thread, "I have asked in <#C0FINANCE1>", channel=direct)
        await world.slack.until(lambda: world.slack.workspace.messages["C0FINANCE1"])
        card = next(iter(world.slack.workspace.messages["C0FINANCE1"].values()))
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded", channel=direct)

    assert world.refunds == [("INV-1003", "29.00")]


async def test_nothing_a_model_says_pings_or_unfurls(world: World) -> None:
    from devkit.model.script import Text

    world.model.script(
        Text(f"Look <!channel> <@{THEO}> [bank](https://evil.example) ![x](https://evil.example/i.png)")
    )
    async with world.bot():
        thread = await world.asks("hello there")
        answer = await world.hears(thread, "evil.example")

    assert answer.user == BOT_USER
    assert answer.pings == []
    assert answer.unfurl == (False, False)
    assert "![" not in answer.shown
