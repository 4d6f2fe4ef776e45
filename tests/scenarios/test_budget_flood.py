"""There is no money to check a message, and too much waits already to ask for some: it ends with a sentence, and no model reads it."""

from __future__ import annotations

import json

from devkit.model.script import Text
from tests.scenarios.test_budgets import of_bot
from tests.world import ANA, MEI, OMAR, THEO, World

#: Words that are nowhere else.
FLOODED = ("quincewort", "brambleby", "ottermoss", "fennelgate")
UNREAD = "too much waits for approval already, so I have not read your message."
ANSWER = "Here is what you can try"


def penniless(world: World, **limits: str) -> dict[str, str]:
    """Not even the check of a message can be paid."""
    return of_bot(world) | {"BUDGET_PER_RUN": "0.0001"} | limits


async def read_by_no_model(world: World, threads: list[str]) -> None:
    """Later, with money, their threads are answered, and what was not read then is not read with it."""
    before = len(world.model.requests)
    async with world.bot(**(of_bot(world) | {"BUDGET_PER_RUN": "1.00"})):
        for thread in threads:
            await world.asks("hello", thread=thread, user=OMAR)
        for thread in threads:
            await world.hears(thread, ANSWER)
    read = json.dumps([asked.body for asked in world.model.requests[before:]])
    assert [word for word in FLOODED if word in read] == []


async def test_what_nobody_could_pay_to_check_asks_nobody_more_where_as_many_wait_as_may(
    world: World,
) -> None:
    async with world.bot(**penniless(world, PENDING_PER_ROLE="2")):
        waits = [await world.asks("hello", user=user) for user in (ANA, OMAR)]
        cards = [await world.card(thread) for thread in waits]
        flooded = [await world.asks(word, user=user) for word, user in zip(FLOODED, (ANA, OMAR, THEO, THEO))]
        for thread in flooded:
            await world.hears(thread, UNREAD)
            assert world.cards(thread) == []
        assert world.model.requests == []
        assert (await world.deeds()).count("refused") == len(flooded)
    async with world.bot(**penniless(world, PENDING_PER_ROLE="2")):  # what waits does so for another one, too
        await world.approves(MEI, cards[0])
        await world.hears(waits[0], ANSWER)
        await world.card(await world.asks("hello", user=THEO))  # there is room to ask again

    await read_by_no_model(world, flooded)


async def test_a_second_look_that_nobody_can_pay_asks_nobody_more_either_and_its_message_is_forgotten(
    world: World,
) -> None:
    """It was on record by then: people had agreed to the first look."""
    world.model.script_guard(Text('{"label": "unsure"}'))
    async with world.bot(**penniless(world)):
        thread = await world.asks(FLOODED[0])
        card = await world.card(thread)
        await world.card(await world.asks("hello"))
    async with world.bot(**penniless(world, PENDING_PER_REQUESTER="1")):
        await world.approves(MEI, card)
        await world.hears(thread, UNREAD)
        assert world.cards(thread) == []
        assert (len(world.model.asked(guard=True)), world.model.asked()) == (1, [])

    await read_by_no_model(world, [thread])
