"""A model's answer that does not end whole, as people see it: cut and continued, refused, broken off, silent."""

from __future__ import annotations

import asyncio
import copy
from datetime import UTC, datetime, timedelta

import pytest

from devkit.model.script import CutShort, Fail, HttpError, Refusal, Text
from tests.world import ANA, GUS, MEI, OMAR, SUPPORT, World, ids

CUT = "The answer is cut here"


async def test_a_cut_answer_goes_on_by_one_click_of_anybody_and_only_while_it_is_the_last(
    world: World,
) -> None:
    world.model.script(CutShort("One, two, `three"), CutShort("four and five"), Text("six."))
    async with world.bot():
        thread = await world.asks("count to six")
        first = await world.hears(thread, CUT)
        assert "One, two, `three" in first.shown
    async with world.bot():  # another process knows of it
        # Twice at once, by two people.
        await asyncio.gather(*(world.slack.clicks(u, SUPPORT, first.ts, "continue") for u in (OMAR, GUS)))
        second = await world.hears(thread, "four and five")
        await world.slack.until(lambda: "continue" not in ids(first))
        assert CUT in first.shown
        # Somebody writes instead of clicking.
        as_seen = copy.deepcopy(second.blocks)
        await world.asks("and then?", thread=thread, user=MEI)
        await world.hears(thread, "six.")
        await world.slack.until(lambda: "continue" not in ids(second))
        second.blocks = as_seen  # as a client shows it that has not heard of the edit
        await world.slack.clicks(MEI, SUPPORT, second.ts, "continue")
        await world.told(MEI, "has gone on since")

    asked = [one.dialogue for one in world.model.asked()]
    assert [one.question for one in asked] == ["count to six", "continue", "and then?"]
    assert asked[-1].said.splitlines() == ["One, two, `three", "four and five"]
    assert len(world.replies(thread)) == 3


async def test_a_refusal_and_what_broke_off_are_told_as_they_are(world: World) -> None:
    world.model.script(Refusal("I would rather not."), Fail("Half a"), Text("A whole answer."))
    async with world.bot():
        thread = await world.asks("tell me something")
        refused = await world.hears(thread, "I would rather not.")
        await world.asks("something else then", thread=thread)
        broken = await world.hears(thread, "broke off before the answer was whole")
        assert "Half a" in broken.shown
        await world.slack.clicks(ANA, SUPPORT, broken.ts, "retry")
        await world.hears(thread, "A whole answer.")

    assert ids(refused) == ids(broken) == []
    assert "Half a" not in broken.shown


@pytest.mark.parametrize(
    "closed",
    [*(HttpError(status) for status in (401, 402, 403, 404)), HttpError(429, code="insufficient_quota")],
)
async def test_a_model_that_is_gone_or_unpaid_is_told_of_as_what_an_operator_has_to_mend(
    world: World, closed: HttpError, caplog: pytest.LogCaptureFixture
) -> None:
    world.model.script(*[closed] * 3)
    async with world.bot():
        thread = await world.asks("hello")
        failure = await world.hears(thread, "Whoever runs me has to look at that")
        world.model.clear()
        world.model.script(Text("I am back."))
        await world.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
        await world.hears(thread, "I am back.")
    assert next(one.exc_info for one in caplog.records if one.getMessage() == "run failed")


async def test_a_silent_model_is_told_of_and_given_up_and_the_next_message_is_seen_to_wait(
    world: World,
) -> None:
    async with world.bot(LONG_WAIT_SECONDS="1", MODEL_SILENCE_SECONDS="8", STEER="wait"):
        async with world.model.held():
            thread = await world.asks("show me INV-1003")
            await world.slack.until(
                lambda: "takes long to answer" in "".join(m.shown for m in world.replies(thread))
            )
            await world.asks("and INV-1004", thread=thread)
            await world.asks("and INV-1005", thread=thread)
            await world.slack.until(
                lambda: "next 2 messages are noted" in "".join(m.shown for m in world.replies(thread))
            )
            silent = await world.hears(thread, "said nothing, so I stopped waiting")
        await world.slack.until(lambda: len(world.done(thread)) == 3)

    assert ids(silent) == ["retry"]
    assert "takes long" not in silent.shown
    assert "noted" not in silent.shown


async def test_a_thread_too_long_for_the_model_says_how_to_begin_anew(world: World) -> None:
    async with world.bot():
        thread = await world.asks("hello")
        await world.hears(thread, "INV-1003")
        world.model.context_tokens = 100
        await world.asks("hello again", thread=thread)
        told = await world.hears(thread, "more than the model can read")
        assert "mention me with the word reset" in told.shown.replace("*", "")
        world.model.context_tokens = None
        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgotten, as asked")


async def test_the_model_knows_what_day_it_is_where_the_person_is(world: World) -> None:
    async with world.bot():
        thread = await world.asks("what day is it?", user=OMAR)
        told = await world.hears(thread, "when you asked")
        again = await world.asks("hello", thread=thread, user=OMAR)
        await world.slack.until(lambda: len(world.done(again)) == 2)

    at = datetime.fromtimestamp(float(thread), UTC) - timedelta(hours=7)
    day = f"{at:%A}, {at.day} {at:%B %Y} at {at:%H:%M} (America/Denver, UTC-7:00)"
    assert f"It was {day} when you asked." in told.shown
    first, second = (one.body for one in world.model.asked())
    # What was read before is read again to the byte: a server's cache goes on from there.
    for part in ("instructions", "tools"):
        assert second.get(part) == first.get(part)
    part = "input" if "input" in first else "messages"
    assert second[part][: len(first[part])] == first[part]
