"""Quorums, edits, reasons, approvals for the rest of a run: by people, in Slack."""

from __future__ import annotations

import json

from bot.domain.approvals.condition import over
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.requirement import Severity
from devkit.model.script import Calls
from tests.tools import FINANCE, gift, give_money, gives, scripted
from tests.world import ANA, MEI, OMAR, SUPPORT, THEO, World, ids

LEGAL = {"APPROVERS": json.dumps({"finance": ["S0FINANCE1"], "legal": [OMAR, THEO]})}


async def test_finance_and_legal_both_agree_and_one_person_in_both_counts_once(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    tool = give_money(Policy(ask("finance", why="Money."), ask("legal", why="Law.")))
    async with world.bot(tool, **LEGAL):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        assert "one of finance (Mei Lin, Omar Haddad) and one of legal (" in card.shown
        await world.approves(OMAR, card)  # he is of both
        await world.slack.until(lambda: "Still needed: 1 of" in card.shown)
        assert world.refunds == []
        await world.approves(OMAR, card)
        await world.told(OMAR, "You have said this already")
        await world.approves(THEO, card)
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1003", "29.00")]
    assert card.shown.count(f"*Approved* by <@{OMAR}>") == 1
    deeds = await world.deeds()
    assert (deeds.count("decided"), deeds.count("click_refused")) == (2, 0)


async def test_a_call_that_was_rejected_is_not_asked_about_again_in_its_run_but_in_the_next(
    world: World,
) -> None:
    scripted(world, gives("29.00"), gives("29.00"), gives("28.00"), last="Then not.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        await world.rejects(OMAR, await world.card(thread), "not this month")
        await world.slack.until(lambda: len(world.cards_in("C0FINANCE1")) == 2)  # of the other sum alone
        assert "the very same call was rejected before" in str(world.model.asked()[-1])
        await world.rejects(OMAR, await world.card(thread), "nor that")
        await world.hears(thread, "Then not.")
        world.model.clear()
        world.model.script(gives("29.00"))
        await world.asks("please ask again", thread=thread)
        await world.card(thread)

    deeds = await world.deeds()
    assert (deeds.count("requested"), deeds.count("refused")) == (3, 1)


async def test_an_approver_edits_and_somebody_else_approves_what_then_runs(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        before = [dict(block) for block in card.blocks or []]
        await world.edits(OMAR, card, amount="25.00", note="they paid twice")
        await world.slack.until(lambda: "*Changed* by" in card.shown)
        assert "Amount: 29.00 USD → 25.00 USD" in card.shown
        assert "Note: nothing → they paid twice" in card.shown

        await world.approves(OMAR, card)
        await world.told(OMAR, "You asked for this or had a hand in it")
        after, card.blocks = card.blocks, before  # a screen that has not caught up
        await world.approves(MEI, card)
        await world.told(MEI, "changed while you looked")
        card.blocks = after
        assert world.refunds == []
        await world.approves(MEI, card)
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1003", "25.00")]
    assert "An approver changed this call" in str(world.model.asked()[-1])


async def test_the_edit_form_is_checked_by_the_tools_own_schema(world: World) -> None:
    scripted(world, gives("29.00"))
    async with world.bot(give_money(Policy(ask("finance"), editable=("amount", "currency", "note")))):
        card = await world.card(await world.asks("give them money"))
        await world.slack.clicks(OMAR, card.channel, card.ts, "edit")
        form = await world.form(OMAR)
        kinds = {b["block_id"]: b["element"]["type"] for b in form.body["blocks"] if b["type"] == "input"}
        assert kinds == {
            "edit:amount": "plain_text_input",
            "edit:currency": "static_select",
            "edit:note": "plain_text_input",
        }
        answer = await world.slack.submits(OMAR, form.id, {"edit:amount": {"value": {"value": ""}}})
        assert answer.get("response_action") != "errors" or "edit:amount" in answer["errors"]


async def test_an_edit_that_raises_the_amount_needs_what_the_policy_says_then(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    policy = Policy(
        ask("finance"),
        ask("finance", when=over("amount", 100), quorum=2, severity=Severity.HIGH),
        editable=("amount",),
    )
    async with world.bot(give_money(policy), APPROVERS=json.dumps({"finance": [OMAR, MEI, THEO]})):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.edits(OMAR, card, amount="200.00")
        await world.slack.until(lambda: "two of finance" in card.shown)
        await world.approves(MEI, card)
        await world.slack.until(lambda: "Still needed: 1 of finance" in card.shown)
        assert world.refunds == []
        await world.approves(THEO, card)
        await world.hears(thread, "Given.")

    assert "*High stakes*" in card.shown


async def test_approved_for_the_rest_of_the_run_asks_nobody_again_until_more_is_needed(world: World) -> None:
    policy = Policy(ask("finance"), ask("legal", when=over("amount", 50)), rest_of_run=True)
    scripted(world, gives("10.00"), gives("11.00"), gives("60.00"), last="All given.")
    async with world.bot(give_money(policy), **LEGAL):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.slack.clicks(MEI, card.channel, card.ts, "approve_rest")
        await world.slack.until(lambda: any("60.00" in c.shown for c in world.cards(thread)))
        assert sorted(world.refunds) == [("INV-1003", "10.00"), ("INV-1003", "11.00")]
        await world.slack.until(lambda: [m for m in world.replies(thread) if "*Approved before*" in m.shown])
        (granted,) = [m for m in world.replies(thread) if "*Approved before*" in m.shown]
        assert ids(granted) == ["details"]

    assert "granted" in await world.deeds()


async def test_a_tool_can_want_a_reason_with_every_rejection(world: World) -> None:
    scripted(world, gives("29.00"), last="Then not.")
    async with world.bot(give_money(Policy(ask("finance"), reason_required=True))):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.slack.clicks(OMAR, card.channel, card.ts, "reject")
        form = await world.form(OMAR)
        field = next(block for block in form.body["blocks"] if block["type"] == "input")
        assert field["optional"] is False
        await world.slack.submits(OMAR, form.id, {"reason": {"reason_text": {"value": "no invoice"}}})
        await world.hears(thread, "Then not.")

    assert "Why: no invoice" in card.shown


async def test_what_no_card_shows_whole_is_approved_in_the_form_that_does(world: World) -> None:
    note = "".join(f"line {number} of a very long note. " for number in range(600)) + "THE END"
    scripted(world, Calls([gift(note=note)]), last="Given.")
    read = {"read": {"whole": {"selected_options": [{"value": "read"}]}}}
    async with world.bot(give_money()):
        card = await world.card(thread := await world.asks("give them money"))
        assert "characters of the call are not shown here" in card.shown
        assert "THE END" not in card.shown
        assert "approve" not in ids(card)
        await world.slack.clicks(ANA, card.channel, card.ts, "details")
        assert (await world.form(ANA)).body["submit"] is None, "who asked may read it, and no more"
        for person in (THEO, OMAR):
            await world.slack.clicks(person, card.channel, card.ts, "details")
            form = await world.form(person)
            await world.slack.submits(person, form.id, read)
        await world.told(THEO, "not one of the approvers")
        await world.hears(thread, "Given.")

    written = json.dumps(form.body["blocks"], ensure_ascii=False)
    assert "line 0 of" in written
    assert "THE END" in written
    assert world.refunds == [("INV-1003", "29.00")]


async def test_without_a_channel_each_approver_gets_the_card_and_all_of_them_are_kept_true(
    world: World,
) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money(), APPROVALS_CHANNEL=""):
        thread = await world.slack.says(ANA, "D0ANA00001", "give them money")
        await world.hears(thread, "I have asked the approvers directly", channel="D0ANA00001")
        await world.slack.until(lambda: world.direct_cards(OMAR) and world.direct_cards(MEI))
        (omars,), (meis,) = world.direct_cards(OMAR), world.direct_cards(MEI)
        await world.slack.until(lambda: world.cards_in("D0ANA00001"))
        (mirror,) = world.cards_in("D0ANA00001")
        assert ids(mirror) == ["withdraw", "remind", "details"]  # for who asked alone
        assert world.direct_cards(THEO) == []
        await world.approves(MEI, meis)
        await world.hears(thread, "Given.", channel="D0ANA00001")
        await world.slack.until(
            lambda: all(f"*Approved* by <@{MEI}>" in m.shown for m in (omars, meis, mirror))
        )

    assert ids(omars) == ids(meis) == ["details"]


async def test_the_card_in_the_channel_and_its_mirror_in_the_thread_close_together(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money(FINANCE)):
        thread = await world.asks("give them money")
        mirror = await world.card(thread)
        (main,) = world.cards_in("C0FINANCE1")
        assert "Open the thread" in main.shown
        await world.approves(OMAR, main)
        await world.hears(thread, "Given.")
        await world.slack.until(lambda: ids(mirror) == ids(main) == ["details"])

    assert "*Done*" in mirror.shown
    assert mirror.channel == SUPPORT


async def test_nobody_approves_what_their_own_earlier_words_in_the_thread_led_to(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003", user=OMAR)
        await world.hears(thread, "Hazel & Co")
        await world.asks("refund $29 on INV-1003", thread=thread)
        card = await world.card(thread)
        await world.approves(OMAR, card)
        await world.told(OMAR, "or had a hand in it")
        await world.approves(MEI, card)
        await world.hears(thread, "Done: I refunded")

    assert world.refunds == [("INV-1003", "29.00")]
