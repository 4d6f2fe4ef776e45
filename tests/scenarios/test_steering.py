"""A message while the bot works: taken in before the model is asked next, once, with its author; or left to wait."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from devkit.model.script import Calls, CutShort, Text
from devkit.slack.workspace import Message
from tests.scenarios.test_backfill import deaf_for
from tests.scenarios.test_forgotten import forget
from tests.tools import give_money, gives
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, THEO, World, ids

NOTED = "message is noted"
LOOK = Calls([("get_invoice", {"invoice_id": "INV-1003"})])


def said(world: World, words: str) -> list[int]:
    """How often each of the agents' requests holds these words."""
    return [str(asked.body).count(words) for asked in world.model.asked()]


def also(message: Message) -> list[str]:
    """The events that a message says it answers as well."""
    mark: Any = message.metadata
    return mark["event_payload"].get("also", [])


async def begun(world: World, text: str) -> str:
    """Ask for something while the model is silent; returns the thread once it works."""
    before = len(world.model.asked())
    thread = await world.asks(text)
    await world.slack.until(lambda: showing(world, thread, "Thinking") and len(world.model.asked()) > before)
    return thread


def showing(world: World, thread: str, words: str) -> bool:
    return any(words in message.shown for message in world.replies(thread))


async def test_a_message_is_taken_in_at_the_next_step_and_its_author_may_not_approve(world: World) -> None:
    world.model.script(Calls([("transfer_to_billing", {})]), LOOK, gives("29.00"), Text("Given, in the end."))
    async with world.bot(give_money()):
        async with world.model.held():
            thread = await begun(world, "give them money")
            await world.slack.says(OMAR, SUPPORT, f"<@{BOT_USER}> and make it quick", thread_ts=thread)
            await world.slack.until(lambda: showing(world, thread, NOTED))
        asked = await world.hears(thread, "waits for a go-ahead")
        card = await world.card(thread)
        await world.approves(OMAR, card)
        await world.told(OMAR, "had a hand in it")
        assert world.refunds == []
        await world.approves(MEI, card)
        await world.hears(thread, "Given, in the end.")
        await world.slack.says(ANA, SUPPORT, "great, thanks", thread_ts=thread)  # two people write by now
        await world.asks("is that all?", thread=thread)
        await world.slack.until(lambda: len(world.done(thread)) == 4)

    assert ": great, thanks" in str(world.model.asked()[-1].body)
    assert "Taken in: and make it quick" in asked.shown
    counts = said(world, "and make it quick")
    assert (counts[0], set(counts[1:])) == (0, {1}), counts
    assert world.refunds == [("INV-1003", "29.00")]
    assert [event.split(":")[0] for event in also(asked)] == ["msg"]


async def test_what_was_taken_in_is_read_once_by_whoever_goes_on(world: World) -> None:
    """The bot ends while the model has the message and has not answered yet."""
    world.model.script(
        Calls([("transfer_to_billing", {})]), LOOK, LOOK, CutShort("Here it is."), Text("Welcome.")
    )
    async with AsyncExitStack() as held, world.bot(DRAIN_SECONDS="0"):
        async with world.model.held():
            thread = await begun(world, "show me INV-1003")
            await world.slack.says(ANA, SUPPORT, "with its date", thread_ts=thread)
            await world.slack.until(lambda: showing(world, thread, NOTED))
        await held.enter_async_context(world.model.held())
        await world.slack.until(lambda: showing(world, thread, "Taken in: with its date"))
    async with world.bot():
        answer = await world.hears(thread, "Here it is.")
        taken_in = also(answer)
        await world.asks("thanks", thread=thread)
        await world.hears(thread, "Welcome.")
        await world.slack.until(lambda: "continue" not in ids(answer))

    assert len(world.done(thread)) == 2
    assert also(answer) == taken_in != []
    assert set(said(world, "with its date")[1:]) == {1}


async def test_with_steer_wait_a_message_is_answered_afterwards(world: World) -> None:
    world.model.script(Calls([("transfer_to_billing", {})]), LOOK, Text("Here it is."), Text("On the 2nd."))
    async with world.bot(STEER="wait"):
        async with world.model.held():
            thread = await begun(world, "show me INV-1003")
            await world.slack.says(ANA, SUPPORT, "with its date", thread_ts=thread)
            await world.slack.until(lambda: showing(world, thread, NOTED))
        await world.hears(thread, "Here it is.")
        await world.hears(thread, "On the 2nd.")

    assert len(world.done(thread)) == 2
    assert said(world, "with its date") == [0, 0, 0, 1]


async def test_what_was_taken_in_is_not_answered_again_where_redis_has_forgotten_all_of_it(
    world: World,
) -> None:
    """Nor what was taken in by one that waited for people: it is closed with a sentence, for both messages."""
    transfer = Calls([("transfer_to_billing", {})])
    world.model.script(transfer, LOOK, Text("Here it is."), transfer, gives("29.00"), Text("Something else."))
    async with world.bot(give_money()):
        async with world.model.held():
            thread = await begun(world, "show me INV-1003")
            await world.slack.says(ANA, SUPPORT, "with its date", thread_ts=thread)
            await world.slack.until(lambda: showing(world, thread, NOTED))
        await world.hears(thread, "Here it is.")
        async with world.model.held():
            waiting = await begun(world, "give them money")
            await world.slack.says(ANA, SUPPORT, "for their cups", thread_ts=waiting)
            await world.slack.until(lambda: showing(world, waiting, NOTED))
        asked = await world.hears(waiting, "waits for a go-ahead")
    await forget(world)
    await deaf_for(world, timedelta(minutes=10))
    missed = await world.asks("I was not heard")
    async with world.bot():
        await world.hears(missed, "Something else.")
        await world.asks("what is left?", thread=thread)
        await world.slack.until(lambda: len(world.done(thread)) == 2)
        await world.hears(waiting, "What I remember was set back")

    assert len(world.replies(thread)) == 2
    assert len(also(asked)) == 1


async def test_what_was_overheard_and_comes_in_with_a_message_has_an_author_too(world: World) -> None:
    world.model.script(
        Calls([("transfer_to_billing", {})]), gives("9.00"), LOOK, gives("10.00"), Text("Given.")
    )
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        first = await world.card(thread)
        await world.slack.says(MEI, SUPPORT, f"<@{THEO}> they should have ten more", thread_ts=thread)
        await world.slack.says(OMAR, SUPPORT, "ok approve", thread_ts=thread)
        await world.told(OMAR, "Words decide nothing here")
        async with world.model.held():
            await world.approves(OMAR, first)
            await world.slack.until(lambda: world.refunds)
            await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> do as was said", thread_ts=thread)
            await world.slack.until(
                lambda: showing(world, thread, "Taken in") or showing(world, thread, NOTED)
            )
        second = await world.card(thread)
        await world.approves(MEI, second)
        await world.told(MEI, "had a hand in it")
        await world.approves(OMAR, second)
        await world.hears(thread, "Given.")

    assert set(said(world, "they should have ten more")) == {0, 1}


async def test_what_was_answered_is_not_taken_in_because_it_comes_to_mention_the_bot(world: World) -> None:
    told = asyncio.Event()
    world.model.script(
        Calls([("transfer_to_billing", {})]), Text("Yes?"), gives("29.00"), Text("Given, in the end.")
    )
    async with world.bot(give_money()):
        thread = await world.asks("are you there?")
        await world.hears(thread, "Yes?")
        words = await world.slack.says(ANA, SUPPORT, "give them money", thread_ts=thread)
        card = await world.card(thread)
        await world.slack.says(OMAR, SUPPORT, "ok approve", thread_ts=thread)
        await world.told(OMAR, "Words decide nothing here")  # and all that the card brought with it is done
        telling = world.slack.fault("chat.postEphemeral", until=told)
        world.slack.edits(ANA, SUPPORT, words, f"<@{BOT_USER}> give them money")
        await world.slack.until(lambda: telling.times == 0)
        await world.approves(OMAR, card)  # it comes before the message in its turn
        told.set()
        await world.hears(thread, "Given, in the end.")

    assert not showing(world, thread, "Taken in")
    assert set(said(world, "give them money")) == {0, 1}
