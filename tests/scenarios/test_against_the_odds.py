"""Approvals while something around them goes wrong: threads that close, runs that end, Slack in a hurry."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from bot.domain.approvals.condition import over
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.requirement import Severity
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from devkit.billing.server import Fault
from devkit.model.script import Calls, HttpError
from devkit.slack.workspace import TEAM, Message
from tests.scenarios.test_outcome import lost_answer, not_reached, questions
from tests.tools import SECOND, gift, give_money, gives, scripted
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, THEO, World, ids

TWO = Policy(ask("finance", quorum=2, severity=Severity.HIGH), unknown_to="finance")


def said(world: World, thread: str, text: str) -> list[Message]:
    return [m for m in world.done(thread) if text in m.shown]


def in_finance(world: World) -> list[Message]:
    return world.cards_in("C0FINANCE1")


async def test_what_was_approved_is_done_even_where_the_thread_was_archived_meanwhile(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        await world.card(await world.asks("give them money"))
        (card,) = in_finance(world)
        world.slack.archives(SUPPORT)
        await world.approves(OMAR, card)
        await world.slack.until(lambda: "*Done*" in card.shown)

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_reset_does_not_forget_a_call_that_began_and_needed_nobody(world: World) -> None:
    scripted(world, gives("29.00"))
    async with world.bot(give_money(Policy(unknown_to="finance"))):
        world.billing.faults += lost_answer()
        thread = await world.asks("give them money")
        await world.slack.until(lambda: questions(world, thread))
        (question,) = questions(world, thread)
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.hears(thread, "asked to look whether it happened")
        await world.slack.until(lambda: ids(question) == ["happened", "not_happened", "remind", "details"])
        await world.slack.clicks(MEI, question.channel, question.ts, "happened")
        await world.slack.until(lambda: f"*It happened, says* <@{MEI}>" in question.shown)

    assert len(questions(world, thread)) == 0
    assert world.billing.requests == 3


async def test_a_second_reset_asks_no_second_time(world: World) -> None:
    scripted(world, gives("29.00"))
    async with world.bot(give_money(Policy(unknown_to="finance"))):
        world.billing.faults += lost_answer()
        thread = await world.asks("give them money")
        await world.slack.until(lambda: questions(world, thread))
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.hears(thread, "asked to look whether it happened")
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.slack.until(lambda: len(said(world, thread, "Forgotten")) == 2)

    assert len(questions(world, thread)) == 1
    assert len(said(world, thread, "asked to look whether it happened")) == 1


async def test_a_stop_says_of_an_approved_call_that_it_was_not_made(world: World) -> None:
    scripted(world, gives("29.00", "30.00"))
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        await world.slack.until(lambda: len(world.cards(thread)) == 2)
        first, second = world.cards(thread)
        world.billing.faults.append(Fault(delay=1.0))
        await world.approves(OMAR, first)
        await world.approves(OMAR, second)
        await world.slack.until(lambda: [m for m in world.replies(thread) if "stop" in ids(m)])
        running = next(m for m in world.replies(thread) if "stop" in ids(m))
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.slack.until(lambda: "stop" not in ids(running))
        await world.slack.until(
            lambda: all("*Done*" in c.shown or "Approved, not done" in c.shown for c in (first, second))
        )

    done = sum("*Done*" in card.shown for card in (first, second))
    assert len(world.refunds) == done


async def test_what_two_approved_is_tried_again_by_two(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money(TWO)):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.billing.faults += not_reached()
        await world.approves(OMAR, card)
        await world.approves(MEI, card)
        await world.slack.until(lambda: questions(world, thread))
        (question,) = questions(world, thread)
        assert "To try again: two of finance" in question.shown
        await world.slack.clicks(OMAR, question.channel, question.ts, "try_again")
        await world.slack.until(lambda: "Still needed: 1 of finance" in question.shown)
        assert world.refunds == []
        await world.slack.clicks(MEI, question.channel, question.ts, "try_again")
        await world.hears(thread, "They have it.")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_message_that_could_not_join_a_waiting_run_can_be_tried_again(world: World) -> None:
    scripted(world, gives("29.00"), last="All done, and on Monday.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.model.script_guard(*[HttpError(500)] * 3)
        await world.slack.says(ANA, SUPPORT, "do it on Monday", thread_ts=thread)
        failure = await world.hears(thread, "could not reach the model")
        await world.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
        await world.hears(thread, "Noted. I am waiting for finance")
        async with client.connect(world.redis_url) as redis:
            stored = ThreadStore(redis, world.keys, Sealer([world.key]))
            assert (await stored.load(ThreadRef(TEAM, SUPPORT, thread))).failed is None
        await world.approves(OMAR, card)
        await world.hears(thread, "All done, and on Monday.")

    assert world.refunds == [("INV-1003", "29.00")]
    assert str(world.model.asked()[-1].body).count("do it on Monday") == 1


async def test_an_old_retry_says_that_there_is_nothing_to_try_again(world: World) -> None:
    world.model.script(*[HttpError(500)] * 4)
    async with world.bot():
        thread = await world.asks("hello")
        failure = await world.hears(thread, "could not reach the model")
        world.model.clear()
        await world.slack.says(ANA, SUPPORT, "show me INV-1003", thread_ts=thread)
        await world.hears(thread, "Hazel & Co")
        await world.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
        await world.told(ANA, "This thread has gone on since")


async def test_a_run_on_its_last_turn_takes_no_message_and_keeps_waiting(world: World) -> None:
    scripted(world, gives("29.00"))
    async with world.bot(give_money(), MAX_TURNS="2"):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.slack.says(ANA, SUPPORT, "and hurry", thread_ts=thread)
        await world.hears(thread, "Please write it again once it is decided")
        assert "approve" in ids(card)
        await world.approves(OMAR, card)
        await world.slack.until(lambda: "*Done*" in card.shown)

    assert world.refunds == [("INV-1003", "29.00")]


async def test_nobody_is_asked_about_arguments_that_the_tool_refuses(world: World) -> None:
    scripted(world, Calls([gift("29.00", currency="XXX")]), last="I wrote that wrong.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        await world.hears(thread, "I wrote that wrong.")

    assert in_finance(world) == []
    assert "nothing was done. currency: " in str(world.model.asked()[-1].body)
    assert world.refunds == []


async def test_an_edit_that_shortens_the_time_is_kept_to(world: World) -> None:
    by_amount = Policy(
        ask("finance"),
        ask("finance", when=over("amount", Decimal("29.50")), expires_after=2 * SECOND),
        editable=("amount",),
    )
    scripted(world, gives("29.00"), last="Nobody decided in time.")
    async with world.bot(give_money(by_amount)):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.edits(OMAR, card, amount="30.00")
        await world.hears(thread, "Nobody decided in time.")
        await world.slack.until(lambda: "*Expired*" in card.shown)

    assert world.refunds == []


async def test_a_click_waits_for_a_slack_that_was_asked_too_often(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.slack.fault("usergroups.users.list", status=429, retry_after=6, times=1)
        await world.approves(OMAR, card)
        await world.hears(thread, "They have it.")

    assert world.slack.ephemerals(OMAR) == []
    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_card_that_its_channel_refuses_is_not_said_to_be_there(world: World) -> None:
    scripted(world, gives("29.00"))
    world.slack.archives("C0FINANCE1")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        await world.hears(thread, "I have asked the approvers directly")

    assert world.direct_cards(OMAR)


async def test_a_card_closes_while_the_run_goes_on(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.billing.faults.append(Fault(delay=2.0))
        await world.approves(OMAR, card)
        await world.slack.until(lambda: f"*Approved* by <@{OMAR}>" in card.shown)
        assert world.refunds == []
        await world.hears(thread, "They have it.")


async def test_a_form_that_slack_delivers_twice_is_one_answer(world: World) -> None:
    scripted(world, gives("29.00"), last="Nobody gets anything.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.slack.clicks(THEO, card.channel, card.ts, "reject")
        form = await world.form(THEO)
        reason = {"reason": {"reason_text": {"value": "no"}}}
        await asyncio.gather(
            world.slack.submits(THEO, form.id, reason), world.slack.submits(THEO, form.id, reason)
        )
        await world.told(THEO, "not one of the approvers")
        await world.rejects(OMAR, card)
        await world.hears(thread, "Nobody gets anything.")

    assert (await world.deeds()).count("click_refused") == 1


async def test_nobody_is_asked_about_what_cannot_be_shown(world: World) -> None:
    scripted(world, Calls([gift("29.00", note="x" * 160_000)]), last="That was too much.")
    async with world.bot(give_money()):
        await world.hears(await world.asks("give them money"), "That was too much.")

    assert in_finance(world) == []
    assert "too long to be shown" in str(world.model.asked()[-1].body)
    assert world.refunds == []
