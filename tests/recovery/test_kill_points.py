"""One test for each named moment at which a process may die; the second process has to make good.

The first one kills itself with SIGKILL at the point. `docs/reliability.md` names, for each, the
line of the bot without which its test fails.
"""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from bot.domain.budget import Scope, exactly
from bot.domain.usage import Dimension
from tests.bots import Bots
from tests.mortal import POINTS
from tests.scenarios.test_budgets import PRICES, of_bot, reaches, spent
from tests.scenarios.test_usage import on_the_books
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, World, ids

#: Agents' model calls of an undisturbed "show me INV-1003", and of a refund up to its last words.
LOOK_UP, REFUND = 3, 4


class Scene:
    """A mortal replica, and the one that takes over."""

    def __init__(self, world: World, bots: Bots, point: str) -> None:
        self.world = world
        self._bots = bots
        self._point = point

    async def opens(self, *arguments: str, **settings: str) -> None:
        """Start the one that will die."""
        await self._bots.start("--dies", self._point, *arguments, **settings)

    async def dies(self, **settings: str) -> None:
        """Wait until it has, then start another one, with other settings if they are given."""
        async with asyncio.timeout(20):
            assert await self._bots.all[0].wait() == -signal.SIGKILL
        await self._bots.start(**settings)


@pytest.fixture
def scene(request: pytest.FixtureRequest, world: World, bots: Bots) -> Scene:
    """The scene of the point that the test is named after."""
    name = request.node.name.removeprefix("test_").replace("_", " ").replace("mid stream", "mid-stream")
    return Scene(world, bots, name)


def test_every_point_has_a_test() -> None:
    tests = {name.removeprefix("test_").replace("_", " ") for name in globals() if name.startswith("test_")}

    assert {point.replace("-", " ") for point in POINTS} == tests - {"every point has a test"}


async def answered_once(world: World, thread: str, words: str) -> None:
    """The answer is there, in one message; asking on gets one more."""
    await world.hears(thread, words)
    await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    await world.hears(thread, "Here is what you can try")
    assert len(world.done(thread)) == len(world.replies(thread)) == 2


async def clicks_approve(world: World, user: str, thread: str) -> None:
    """Approve what waits, as often as that takes: a bot that has just begun may give no ack within Slack's three seconds."""
    card = await world.card(thread)
    while "approve" in ids(card) and not await world.approves(user, card):
        pass


async def paid_once(world: World, thread: str) -> None:
    """Approve what waits: it happens once, and each place has one card."""
    await clicks_approve(world, OMAR, thread)
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 1
    assert len(world.cards_in(SUPPORT)) == len(world.cards_in("C0FINANCE1")) == 1
    assert len(world.replies(thread)) == 3  # where it waits, the card, how it ended
    assert (await world.deeds()).count("requested") == 1


async def test_after_append_before_ack(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("show me INV-1003")
    await scene.dies()
    await world.hears(thread, "Hazel & Co")
    await world.slack.deliver_again(thread)
    await answered_once(world, thread, "Hazel & Co")


async def test_after_ack_before_claim(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("show me INV-1003")
    await scene.dies()
    await answered_once(world, thread, "Hazel & Co")


async def test_after_claim_before_load(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("show me INV-1003")
    await scene.dies()
    await answered_once(world, thread, "Hazel & Co")


async def test_before_a_checkpoint(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("show me INV-1003")
    await scene.dies()
    await answered_once(world, thread, "Hazel & Co")
    assert str(world.model.asked()[-1].body).count("show me INV-1003") == 1


async def test_after_a_checkpoint(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("show me INV-1003")
    await scene.dies()
    await world.hears(thread, "Hazel & Co")
    assert len(world.model.asked()) == LOOK_UP  # no turn was asked for twice
    await answered_once(world, thread, "Hazel & Co")


async def test_mid_stream(scene: Scene, world: World) -> None:
    world.model.delay = 0.02
    await scene.opens()
    thread = await world.asks("write a long answer")
    await scene.dies()
    world.model.delay = 0
    await answered_once(world, thread, "Part 5")


async def test_after_the_side_effect_before_its_journal_entry(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await world.approves(OMAR, await world.card(thread))
    await scene.dies()
    await world.hears(thread, "I do not know whether it happened")
    assert world.billing.requests == 1
    await world.slack.until(lambda: [m for m in world.replies(thread) if "happened" in ids(m)])
    (question,) = [m for m in world.replies(thread) if "happened" in ids(m)]
    await world.slack.clicks(OMAR, question.channel, question.ts, "happened")
    await world.slack.until(lambda: len(world.done(thread)) == len(world.replies(thread)) == 4)
    await world.hears(thread, "Done, as a person has checked")
    assert world.billing.requests == 1


async def test_after_the_journal_before_the_session_write(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await world.approves(OMAR, await world.card(thread))
    await scene.dies()
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 1


async def test_after_interruption_before_state_saved(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await scene.dies()
    await paid_once(world, thread)


async def test_after_state_saved_before_the_card(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await scene.dies()
    await paid_once(world, thread)
    assert len(world.model.asked()) == REFUND  # no turn was asked for twice


async def test_after_card_before_its_ts_is_stored(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await scene.dies()
    await world.slack.until(lambda: world.cards_in("C0FINANCE1"))
    await paid_once(world, thread)


async def test_after_the_click_is_stored_before_the_claim(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await world.approves(OMAR, await world.card(thread))
    await scene.dies()
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
    assert world.refunds == [("INV-1003", "29.00")]


async def test_after_a_change_is_recorded_before_it_is_told(scene: Scene, world: World) -> None:
    """Who clicked on what is not so any more hears of it from whoever takes over, and has to click again."""
    await scene.opens()
    thread = await world.asks("refund $500 on INV-1005")
    card = await world.card(thread)
    world.billing.refund_at_the_desk("INV-1005", "100.00")
    await world.approves(OMAR, card)
    await scene.dies()
    await world.told(OMAR, "Left to refund: 1,480.00 USD → 1,380.00 USD")
    await world.slack.until(lambda: "Changed since this was asked" in card.shown)
    assert [amount for _, amount in world.refunds] == ["100.00"]
    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded **500.00 USD** on INV-1005")
    deeds = await world.deeds()
    assert (deeds.count("seen_anew"), deeds.count("decided"), deeds.count("click_refused")) == (1, 1, 0)


async def test_after_resume_before_the_final_edit(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await world.approves(OMAR, await world.card(thread))
    await scene.dies()
    asked = len(world.model.asked())
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
    assert len(world.model.asked()) == asked == REFUND  # the text was on record already
    assert world.billing.requests == 1
    assert len(world.replies(thread)) == 3


async def test_during_reset(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    await world.card(thread)
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    await world.hears(thread, "say reset once more")
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    await scene.dies()
    await world.hears(thread, "Forgotten, as asked.")
    await world.slack.until(lambda: not world.cards(thread))
    await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    await world.hears(thread, "Here is what you can try")
    assert (await world.deeds()).count("withdrawn") == 1
    assert (await world.deeds(approvals_only=False)).count("reset") == 1
    assert "refund $29" not in str(world.model.asked()[-1].body)


async def test_during_the_expiry_sweep(scene: Scene, world: World) -> None:
    await scene.opens("--ttl", "3")
    thread = await world.asks("refund $29 on INV-1003")
    await world.card(thread)
    await scene.dies()
    await world.hears(thread, "was not made. Nobody decided")
    await world.slack.until(lambda: all("*Expired*" in m.shown for m in world.cards_in("C0FINANCE1")))
    assert (await world.deeds()).count("expired") == 1
    assert world.refunds == []


async def test_after_a_long_wait_is_told_before_that_is_noted(scene: Scene, world: World) -> None:
    """Also what it had said by then becomes the answer."""
    await scene.opens(WORKER_CONCURRENCY="1", LONG_WAIT_SECONDS="1")
    async with world.model.held():
        await world.asks("show me INV-1005", user=MEI)
        await world.slack.until(lambda: any("Thinking" in said for said in world.said()))
        thread = await world.asks("show me INV-1003")
        await scene.dies()
        assert "Many people are asking" in world.replies(thread)[0].shown
    await answered_once(world, thread, "Hazel & Co")


async def test_after_a_withdrawal_before_the_run_goes_on(scene: Scene, world: World) -> None:
    await scene.opens()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await world.slack.clicks(ANA, SUPPORT, card.ts, "withdraw")
    await scene.dies()
    await world.hears(thread, "it was withdrawn by who asked for it")
    assert f"*Withdrawn* by <@{ANA}>" in card.shown
    assert (await world.deeds()).count("withdrawn") == 1
    assert len(world.replies(thread)) == 3
    assert world.refunds == []


def with_a_budget_for_the_check(world: World) -> dict[str, str]:
    """Enough for the check of a message, and not for an answer."""
    prices = PRICES | {"openai:gpt-6-luna": PRICES["openai:gpt-5"]}
    return of_bot(world) | {"BUDGET_PER_RUN": "0.002", "MODEL_PRICES": json.dumps(prices)}


async def test_after_a_budget_stop_is_saved_before_the_card(scene: Scene, world: World) -> None:
    budgets = with_a_budget_for_the_check(world)
    await scene.opens(**budgets)
    thread = await world.asks("hello")
    await scene.dies(**budgets)
    await world.card(thread)
    assert world.model.asked() == []
    await clicks_approve(world, MEI, thread)
    await gone_on_once(world, thread)


async def test_after_a_budget_is_raised_before_that_is_noted(scene: Scene, world: World) -> None:
    """Who takes over raises it once more: to what people saw, and no further."""
    budgets = with_a_budget_for_the_check(world)
    await scene.opens(**budgets)
    thread = await world.asks("hello")
    await world.approves(MEI, card := await world.card(thread))
    await scene.dies(**budgets)
    await gone_on_once(world, thread)
    assert f"This answer up to: {exactly(await reaches(world))}" in card.shown


async def test_after_a_budget_is_raised_before_the_run_goes_on(scene: Scene, world: World) -> None:
    budgets = with_a_budget_for_the_check(world)
    await scene.opens(**budgets)
    thread = await world.asks("hello")
    await world.approves(MEI, await world.card(thread))
    await scene.dies(**budgets)
    await gone_on_once(world, thread)


async def gone_on_once(world: World, thread: str) -> None:
    """Beyond its budget: one question, one answer, nothing asked of a model twice, and the books of both kinds agree."""
    await world.hears(thread, "Here is what you can try")
    assert (len(world.model.asked(guard=True)), len(world.model.asked())) == (1, 1)
    assert len(world.cards_in(SUPPORT)) == len(world.cards_in("C0FINANCE1")) == 1
    deeds = await world.deeds()
    assert [deeds.count(once) for once in ("requested", "decided", "executed")] == [1, 1, 1]
    used = (await on_the_books(world, Dimension.KIND)).values()
    assert await spent(world, Scope.ALL) == sum(one.cost for one in used) > 0
