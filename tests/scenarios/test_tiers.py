"""A thread whose model visibly fails goes up to the frontier tier for some answers, says so, and comes back."""

from __future__ import annotations

from bot.domain.tiers import FELL
from bot.domain.usage import Dimension, day_of
from bot.store import client
from bot.store.usage import UsageBook
from bot.wiring.app import real_sources
from devkit.model.script import Calls, HttpError, Text
from tests.scenarios.test_feedback import presses
from tests.world import ANA, OMAR, SUPPORT, World

FLASH, SOL = "deepseek-flash", "gpt-6.1-sol"
MIXED = {
    "ECONOMY_MODEL": f"deepseek:{FLASH}",
    "FRONTIER_MODEL": f"openai:{SOL}",
    "SPECIALIST_MODELS": '{"Billing":"economy"}',
    "FRONTIER_ANSWERS": "2",
}
WRONG = Calls([("get_invoice", {"invoice_id": "INV-0"})])


async def test_what_people_see_fail_moves_a_thread_up_for_some_answers_over_restarts_and_back(
    world: World,
) -> None:
    """The two tiers are of two APIs."""
    async with world.bot(**MIXED):
        await _loops_in_mid_answer(world)
        world.model.script(Text(" "))
        failed = await world.asks("tell me something")
        card = await world.hears(failed, "made no sense")
        assert "so the next 2 answers here are written by a more capable model" in card.shown
    async with world.bot(**MIXED):  # another process knows of it
        world.model.script(Text("Something."), Text("More."))
        await world.slack.clicks(ANA, SUPPORT, card.ts, "retry")
        answer = await world.hears(failed, "Something.")
        assert _models(world)[-2:] == [FLASH, SOL]
        disliked = await world.asks("more", user=OMAR)
        answer = await world.hears(disliked, "More.")
        await presses(world, ANA, answer, "negative")
        await world.told(ANA, "so the next 2 answers here are written by a more capable model")
        world.model.script(Text("Better."))
        await world.asks("again", thread=disliked, user=OMAR)
        await world.hears(disliked, "Better.")
        assert _models(world)[-2:] == [FLASH, SOL]

    today = day_of(real_sources().now())
    async with client.connect(world.redis_url) as redis:
        books = await UsageBook(redis, world.keys).lines(Dimension.MODEL, range(today - 1, today + 2))
    assert set(books) == {MIXED["ECONOMY_MODEL"], MIXED["FRONTIER_MODEL"]}


async def test_where_the_frontiers_model_is_gone_the_usual_one_answers_says_so_and_the_thread_comes_down(
    world: World,
) -> None:
    async with world.bot(**MIXED):
        world.model.script(Text("It is ten."))
        thread = await world.asks("what time is it?")
        await world.hears(thread, "It is ten.")
        gone = HttpError(404, code="model_not_found")
        world.model.script(gone, Text("It is noon."), Text("It still is."))
        await world.asks("that is wrong", thread=thread)
        assert FELL in (await world.hears(thread, "It is noon.")).shown
        await world.asks("and now?", thread=thread)
        assert FELL not in (await world.hears(thread, "It still is.")).shown
        assert _models(world)[-3:] == [SOL, FLASH, FLASH]


async def _loops_in_mid_answer(world: World) -> None:
    world.model.script(Calls([("transfer_to_billing", {})]), WRONG, WRONG, WRONG, Text("There is no INV-0."))
    thread = await world.asks("show me INV-0")
    answer = await world.hears(thread, "There is no INV-0.")
    assert "this answer and the next answer here are written by a more capable model" in answer.shown
    assert _models(world) == [FLASH] * 4 + [SOL]

    for said, model in (("that is wrong", SOL), ("and now?", FLASH), ("no, that's wrong", SOL)):
        world.model.script(Text(f"To “{said}”."))
        await world.asks(said, thread=thread)
        answer = await world.hears(thread, f"To “{said}”.")
        assert _models(world)[-1] == model, said
        assert ("You said that this was wrong" in answer.shown) == (said == "no, that's wrong")


def _models(world: World) -> list[str]:
    return [asked.model for asked in world.model.asked()]
