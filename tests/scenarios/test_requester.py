"""Who asked for a call can take it back, by a button of the card in their thread or of the question that words lead to."""

from __future__ import annotations

import json
from datetime import timedelta

from devkit.model.script import Calls
from tests.tools import gift, give_money, scripted
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, THEO, World, ids


async def test_who_asked_withdraws_and_nobody_else_can(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        mirror = await world.card(thread)
        (main,) = world.cards_in("C0FINANCE1")
        assert "withdraw" in ids(mirror)
        assert "withdraw" not in ids(main)
        await world.slack.clicks(OMAR, SUPPORT, mirror.ts, "withdraw")
        await world.told(OMAR, "Only the person who asked for this can do that")
        before = [dict(block) for block in main.blocks or []]
        await world.slack.clicks(ANA, SUPPORT, mirror.ts, "withdraw")
        await world.hears(thread, "it was withdrawn by who asked for it")
        await world.slack.until(lambda: ids(main) == ids(mirror) == ["details"])
        main.blocks = before  # a screen that has not caught up
        await world.approves(OMAR, main)
        await world.told(OMAR, "This was withdrawn. It is not wanted any more.")

    assert f"*Withdrawn* by <@{ANA}>" in main.shown
    assert main.shown.startswith("Withdrawn: Refund 29.00 USD to Hazel & Co, INV-1003")
    assert world.refunds == []
    withdrawn = [link.entry for link in await world.records() if link.entry.deed == "withdrawn"]
    assert [(one.person, one.details["why"]) for one in withdrawn] == [(ANA, "It is not wanted any more.")]


async def test_who_asked_in_words_is_asked_back_and_the_words_alone_withdraw_nothing(world: World) -> None:
    direct = world.slack.workspace.direct(ANA).id
    async with world.bot():
        thread = await world.slack.says(ANA, direct, "refund $29 on INV-1003")
        await world.slack.until(lambda: world.cards_in(direct))
        (mirror,), (main,) = world.cards_in(direct), world.cards_in("C0FINANCE1")
        assert ids(mirror) == ["withdraw", "remind", "details"]  # in a direct message nobody could decide
        await world.slack.says(ANA, direct, "never mind, cancel that refund")
        asked = await world.hears(
            thread, "Shall I withdraw this: Refund 29.00 USD to Hazel & Co, INV-1003?", channel=direct
        )
        assert "approve" in ids(main)
        await world.slack.clicks(ANA, direct, asked.ts, "withdraw_said")
        await world.hears(thread, "it was withdrawn by who asked for it", channel=direct)

    assert (asked.shown, ids(asked)) == ("Withdrawn, as you asked.", [])
    assert ids(mirror) == ids(main) == ["details"]
    assert world.refunds == []


async def test_who_decides_in_words_is_told_that_buttons_count_and_begins_nothing(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        (main,) = world.cards_in("C0FINANCE1")
        asked = len(world.model.asked())
        await world.slack.says(OMAR, SUPPORT, "ok approve", thread_ts=thread)
        await world.told(
            OMAR,
            "Words decide nothing here: “Refund 29.00 USD to Hazel &amp; Co, INV-1003” waits until finance press a button",
        )
        await world.slack.says(MEI, "C0FINANCE1", "LGTM :+1:", thread_ts=main.ts)  # nobody is mentioned
        await world.hears(main.ts, "only the buttons of the card above count", channel="C0FINANCE1")
        await world.asks("what is this about?", user=MEI, channel="C0FINANCE1", thread=main.ts)
        await world.hears(main.ts, f"p{thread.replace('.', '')}", channel="C0FINANCE1")
        await world.slack.says(MEI, "C0FINANCE1", "Omar, have you seen this?", thread_ts=main.ts)
        lost = await world.asks("approved", user=OMAR, channel="C0FINANCE1")
        await world.hears(lost, "if you mean a card, press the button on it", channel="C0FINANCE1")
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded")

    assert len(world.replies(main.ts, "C0FINANCE1")) == 3  # the card, and an answer to what was for the bot
    said = [str(one.body) for one in world.model.asked()[asked:]]
    assert not [body for body in said if "ok approve" in body or "LGTM" in body]


async def test_words_of_others_and_questions_withdraw_nothing(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.slack.says(MEI, SUPPORT, "cancel that refund", thread_ts=thread)
        await world.hears(thread, "Noted. I am waiting for finance")
        assert not [m for m in world.replies(thread) if "withdraw_said" in ids(m)]
        await world.approves(OMAR, card)
        await world.slack.until(lambda: "*Done*" in card.shown)

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_deleted_message_takes_back_what_it_asked_for_and_another_one_does_not(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        other = await world.slack.says(MEI, SUPPORT, f"<@{BOT_USER}> looking into it", thread_ts=thread)
        await world.hears(thread, "Noted. I am waiting")
        world.slack.deletes(SUPPORT, other)
        world.slack.edits(ANA, SUPPORT, thread, f"<@{BOT_USER}> refund $31 on INV-1003")
        await world.slack.until(lambda: "was changed afterwards" in card.shown)
        await world.told(ANA, "What is asked for stays as it stands on the card")
        assert "approve" in ids(card)
        world.slack.deletes(SUPPORT, thread)  # it has replies: a tombstone stays
        await world.slack.until(lambda: ids(card) == ["details"])
        await world.hears(thread, "The message that asked for it was deleted.")

    assert "*Withdrawn*" in card.shown
    assert "The message that asked for it was deleted. This was not done." in card.shown
    assert world.refunds == []
    deeds = await world.deeds()
    assert [deeds.count(one) for one in ("words_changed", "withdrawn", "decided")] == [1, 1, 0]


async def test_who_asked_is_told_of_each_change_once_and_has_them_reminded_once(world: World) -> None:
    async with world.bot(APPROVERS=json.dumps({"finance": [OMAR, MEI, THEO]})):
        thread = await world.asks("refund 11000.00 EUR on INV-1006")
        mirror = await world.card(thread)
        (main,) = world.cards_in("C0FINANCE1")
        await world.slack.clicks(ANA, SUPPORT, mirror.ts, "remind")
        await world.told(ANA, "You can have them reminded from")
        await world.approves(OMAR, main)
        await world.hears(thread, "1 of 2 of finance have agreed on")
        world.slack.clock.advance(timedelta(minutes=11))
        await world.slack.clicks(OMAR, SUPPORT, mirror.ts, "remind")
        await world.told(OMAR, "Only the person who asked for this can do that")
        await world.slack.clicks(ANA, SUPPORT, mirror.ts, "remind")
        await world.hears(thread, "I have reminded finance of")
        await world.hears(main.ts, f"<@{MEI}> <@{THEO}>", channel="C0FINANCE1")
        await world.slack.until(lambda: "remind" not in ids(mirror))
        assert "*Reminded*" in mirror.shown
        await world.edits(MEI, main, amount="10500.00")
        await world.hears(thread, f"was changed by <@{MEI}>")

    said = [message.shown for message in world.replies(thread)]
    assert [
        sum(words in one for one in said) for words in ("have agreed on", "I have reminded", "changed")
    ] == [1, 1, 1]


async def test_two_identical_calls_at_once_are_two_cards_that_nobody_takes_for_one(world: World) -> None:
    scripted(world, Calls([gift(amount="12.00"), gift(amount="12.00")]), last="Given once.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money twice")
        await world.slack.until(lambda: len(world.cards(thread)) == 2)
        one, other = world.cards(thread)
        assert ["(1 of 2 identical)" in one.shown, "(2 of 2 identical)" in other.shown] == [True, True]
        await world.approves(OMAR, one)
        await world.hears(thread, "was approved. I go on when the others are decided as well")
        assert world.refunds == []
        await world.slack.clicks(ANA, SUPPORT, other.ts, "withdraw")
        await world.hears(thread, "Given once.")

    assert world.refunds == [("INV-1003", "12.00")]
