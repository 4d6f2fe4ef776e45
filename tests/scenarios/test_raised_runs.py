"""A thread that was raised to the frontier tier, over approvals, restarts, messages that join a run, and a reset."""

from __future__ import annotations

from devkit.model.script import Calls, Text
from devkit.model.server import ModelServer
from tests.scenarios.test_steering import NOTED, begun, showing
from tests.scenarios.test_tiers import FLASH, MIXED, SOL
from tests.world import ANA, BOT_USER, OMAR, SUPPORT, World

DOUBT = "The check of this message was in doubt"


def doubts(model: ModelServer) -> None:
    """Let the check of the next message be in doubt, and the second look find it harmless."""
    model.script_guard(*(Text(f'{{"label": "{label}", "reason": "x"}}') for label in ("unsure", "ok")))


def models(world: World) -> list[str]:
    """Which model each request of an agent went to."""
    return [asked.model for asked in world.model.asked()]


async def says(world: World, thread: str, text: str) -> str:
    """Ask on in a thread; returns the model that answered."""
    world.model.script(Text(f"To “{text}”."))
    await world.asks(text, thread=thread)
    await world.hears(thread, f"To “{text}”.")
    return models(world)[-1]


async def test_a_run_that_was_raised_waits_for_people_and_goes_on_raised_elsewhere_and_a_reset_forgets_it(
    world: World,
) -> None:
    async with world.bot(**MIXED):
        doubts(world.model)
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        waits = set(models(world))
    async with world.bot(**MIXED):
        await world.approves(OMAR, card)
        answer = await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
        assert (waits, set(models(world))) == ({SOL}, {SOL})
        first = world.replies(thread)[0]
        assert f"{DOUBT}, so this answer and the next answer here are" in first.shown + answer.shown

        # The refund was one answer, however often it stopped: one is left.
        assert [await says(world, thread, text) for text in ("one", "two")] == [SOL, FLASH]

        doubts(world.model)
        assert await says(world, thread, "three") == SOL
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.hears(thread, "Forgotten, as asked.")
        assert await says(world, thread, "four") == FLASH


async def test_a_doubtful_message_that_joins_a_run_raises_it_too(world: World) -> None:
    """Also while the run works."""
    async with world.bot(**MIXED):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        assert set(models(world)) == {FLASH}
        doubts(world.model)
        await world.asks("it is urgent", thread=thread)
        noted = await world.hears(thread, "I will read your message right after that")
        assert f"{DOUBT}, so this answer and" in noted.shown
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
        assert models(world)[-1] == SOL

        world.model.script(Calls([("search_docs", {"query": "refunds"})]), Text("As the page says."))
        async with world.model.held():
            other = await begun(world, "how do refunds work?")
            doubts(world.model)
            await world.asks("and how long do they take?", thread=other)
            await world.slack.until(lambda: showing(world, other, NOTED))
        await world.hears(other, "As the page says.")
        assert models(world)[-2:] == [FLASH, SOL]
