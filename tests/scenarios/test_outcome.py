"""Calls that broke off: nobody knows whether they happened until a person says so."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.approvals.policy import Policy
from countersign import Call, Fact, Preview
from countersign.teams.support.refunds import Support
from devkit.billing.server import Fault
from devkit.model.script import Calls
from devkit.slack.workspace import Message
from tests.tools import gift, give_money, gives, lost_answer, no_look_up, not_reached, scripted
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, THEO, World, ids

SHOWN = Preview("Refund 29.00 USD to Hazel & Co, INV-1003", (Fact("Left to refund", "29.00 USD"),))


async def shown_before(services: Support, call: Call) -> Preview:
    del services, call
    return SHOWN


async def breaks_off(world: World, faults: list[Fault]) -> tuple[str, Message]:
    """Money is approved, its service breaks off, and the approvers are asked what happened."""
    thread = await world.asks("give them money")
    card = await world.card(thread)
    world.billing.faults += faults
    await world.approves(OMAR, card)
    await world.hears(thread, "I do not know whether it happened")
    await world.slack.until(lambda: questions(world, thread))
    await world.slack.until(lambda: "*Nobody knows* whether this happened" in card.shown)
    return thread, questions(world, thread)[-1]


def questions(world: World, thread: str) -> list[Message]:
    return [m for m in world.replies(thread) if "happened" in ids(m)]


async def test_it_happened_and_the_model_goes_on_from_there(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread, question = await breaks_off(world, lost_answer())
        assert "Did this happen: Give money · 29.00 USD?" in question.shown
        await world.slack.clicks(ANA, question.channel, question.ts, "happened")
        await world.told(ANA, "You asked for this")
        await world.slack.clicks(THEO, question.channel, question.ts, "happened")
        await world.told(THEO, "not one of the approvers")
        await world.slack.clicks(MEI, question.channel, question.ts, "happened")
        await world.hears(thread, "They have it.")
        await world.slack.until(lambda: f"*It happened, says* <@{MEI}>" in question.shown)

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 3  # one call with its own repetitions, and none after
    assert "a person has checked: it did happen" in str(world.model.asked()[-1])


async def test_it_did_not_happen_and_is_not_done_behind_anybodys_back(world: World) -> None:
    scripted(world, gives("29.00"), last="It did not work.")
    async with world.bot(give_money(preview=shown_before)):
        thread, question = await breaks_off(world, not_reached())
        assert f"Did this happen: {SHOWN.title}?" in question.shown
        assert SHOWN.facts[0].label not in question.shown  # what was left then may be another by now
        await world.slack.clicks(MEI, question.channel, question.ts, "not_happened")
        await world.hears(thread, "It did not work.")

    assert world.refunds == []
    assert world.billing.requests == 3
    assert "a person has checked: it did not happen" in str(world.model.asked()[-1])


async def test_try_again_does_it_under_the_same_key(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread, question = await breaks_off(world, lost_answer())
        await world.slack.clicks(MEI, question.channel, question.ts, "try_again")
        await world.hears(thread, "They have it.")

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 4


async def test_a_second_try_that_breaks_off_is_asked_about_again(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread, question = await breaks_off(world, not_reached())
        world.billing.faults += not_reached()
        await world.slack.clicks(MEI, question.channel, question.ts, "try_again")
        await world.slack.until(lambda: [q for q in questions(world, thread) if q.ts != question.ts])
        (second,) = [q for q in questions(world, thread) if q.ts != question.ts]
        assert world.refunds == []
        await world.slack.clicks(OMAR, second.channel, second.ts, "try_again")
        await world.hears(thread, "They have it.")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_nobody_says_and_it_is_never_tried_again(world: World) -> None:
    scripted(world, gives("29.00"), last="Somebody has to check.")
    async with world.bot(give_money(), APPROVAL_TTL_HOURS="1"):
        thread, question = await breaks_off(world, not_reached())
        world.slack.clock.advance(timedelta(hours=2))
        await world.slack.clicks(MEI, question.channel, question.ts, "happened")
        await world.told(MEI, "This approval has expired")

    assert world.refunds == []
    assert world.replies(thread)


async def test_one_of_three_calls_breaks_off_and_the_others_are_not_repeated(world: World) -> None:
    scripted(world, Calls([gift("1.00"), gift("2.00"), gift("3.00")]), last="All given.")
    async with world.bot(give_money(Policy(unknown_to="finance"))):
        # Each call is sent three times: seven lost answers break off one of the three, or two.
        world.billing.faults += [Fault(drop_after_commit=True, times=7), no_look_up(6)]
        thread = await world.asks("give them money")
        await world.slack.until(lambda: questions(world, thread))
        made = world.billing.requests
        for question in questions(world, thread):
            await world.slack.clicks(MEI, question.channel, question.ts, "happened")
        await world.hears(thread, "All given.")

    assert sorted(world.refunds) == [("INV-1003", "1.00"), ("INV-1003", "2.00"), ("INV-1003", "3.00")]
    assert world.billing.requests == made


async def test_a_stop_lets_what_has_begun_come_to_its_end(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.billing.faults.append(Fault(delay=3.0))
        await world.approves(OMAR, card)
        await world.recorded("started")
        running = next(m for m in world.replies(thread) if "stop" in ids(m))
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.slack.until(lambda: "stop" not in ids(running))
        await world.slack.until(lambda: "*Done*" in card.shown)

    assert world.refunds == [("INV-1003", "29.00")]


async def test_an_answer_about_a_forgotten_call_does_not_touch_the_run_that_is_under_way_by_now(
    world: World,
) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread, question = await breaks_off(world, not_reached())
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.hears(thread, "Forgotten")
        world.model.clear()
        asked = len(world.model.asked())
        world.model.delay = 0.5
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> show me INV-1005", thread_ts=thread)
        await world.slack.until(lambda: len(world.model.asked()) == asked + 1)
        await world.slack.clicks(MEI, question.channel, question.ts, "happened")
    world.model.delay = 0  # the replica has left, and handed its run over at a checkpoint
    async with world.bot(give_money()):
        await world.hears(thread, "Rowan Freight")
        await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
        await world.hears(thread, "Here is what you can try")

    assert len([m for m in world.replies(thread) if "Rowan Freight" in m.shown]) == 1


async def test_a_second_try_that_a_reset_overtook_is_asked_about_again(world: World) -> None:
    scripted(world, Calls([gift("1.00"), gift("2.00")]), last="All given.")
    async with world.bot(give_money(Policy(unknown_to="finance"))):
        world.billing.faults += [*not_reached(), *not_reached()]
        thread = await world.asks("give them money")
        await world.slack.until(lambda: len(questions(world, thread)) == 2)
        first = questions(world, thread)[0]
        await world.slack.clicks(MEI, first.channel, first.ts, "try_again")
        await world.slack.until(lambda: "happened" not in ids(first))
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.hears(thread, "Forgotten")
        await world.slack.until(lambda: len(questions(world, thread)) == 2)
        assert first not in questions(world, thread)
