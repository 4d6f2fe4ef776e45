"""A budget of one cent: it stops a run before the request that could exceed it, and people let it go on, or not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from bot.agents.models import LONGEST_REQUEST
from bot.domain.budget import Limits, Payer, Scope
from bot.domain.budget_errors import BudgetReached
from bot.domain.thread import ThreadRef
from bot.domain.usage import SMALLEST, Dimension
from bot.store import client
from bot.store.budgets import Budgets
from devkit.model.script import Calls, Text
from tests.scenarios.test_usage import on_the_books
from tests.world import ANA, MEI, OMAR, SUPPORT, TEAM, World

#: Dollars for a million tokens: those of the lists are others at other hours of the day.
PRICES = {
    "openai:gpt-5": {"input": "1.25", "cached": "0.125", "output": "10"},
    "openai:gpt-6-luna": {"input": "0.2", "cached": "0.02", "output": "0.5"},
    "deepseek:deepseek-flash": {"input": "0.3", "cached": "0.006", "output": "1.2"},
}


def of_bot(world: World) -> dict[str, str]:
    """One cent for an answer, and a day that is nearly used up."""
    roles = json.loads(world.variables()["APPROVERS"]) | {"budget": [MEI]}
    return {
        "APPROVERS": json.dumps(roles),
        "BUDGET_PER_RUN": "0.01",
        "BUDGET_PER_DAY": "1.00",
        "BUDGET_ANSWER_TOKENS": "500",
        "FRONTIER_MODEL": "openai:gpt-5",
        "MODEL_PRICES": json.dumps(PRICES),
    }


async def spent(world: World, scope: Scope, run: str = "") -> Decimal:
    """What is in a budget: so much that nothing more could be sent is asked for."""
    async with client.connect(world.redis_url) as redis:
        limits = Limits(**{scope.value: Decimal(1)})
        budgets = Budgets(redis, world.keys, limits, lasts=LONGEST_REQUEST)
        with pytest.raises(BudgetReached) as caught:
            await budgets.hold(Payer(TEAM, SUPPORT, ANA, run), "test", Decimal(1000))
    assert caught.value.short[0].held == 0
    return caught.value.short[0].spent


async def reaches(world: World) -> Decimal:
    """How far the one run's budget was raised."""
    async with client.connect(world.redis_url) as redis:
        (key,) = [key async for key in redis.scan_iter(match=world.keys.budget(TEAM, Scope.RUN.value, "*"))]
        raised: Any = await redis.execute_command("HGET", key, "raised")
    return int(raised) * SMALLEST


async def spend(world: World, dollars: str) -> None:
    """Let others have used so much of the day."""
    async with client.connect(world.redis_url) as redis:
        budgets = Budgets(redis, world.keys, Limits(all=Decimal(1)), lasts=LONGEST_REQUEST)
        held = await budgets.hold(Payer(TEAM, "C2", OMAR, "other"), "other", Decimal(dollars))
        await budgets.settle(TEAM, "other", held, Decimal(dollars))


async def test_one_cent_stops_a_run_before_the_request_that_could_exceed_it(world: World) -> None:
    budgets = of_bot(world)
    await spend(world, "0.85")
    steps = Calls([("transfer_to_billing", {})]), Calls([("get_invoice", {"invoice_id": "INV-1003"})])
    world.model.script(*steps)
    async with world.bot(**budgets):
        thread = await world.asks("what about INV-1003?")
        card = await world.card(thread)
        asked = len(world.model.asked())
        assert asked == 2  # and not a third time, with the invoice
        assert "Approval needed: Go on beyond the budget" in card.shown
        assert "the limit for one answer is 0.01 USD. Go on up to 0.02 USD?" in card.shown
        assert "This answer up to: 0.02 USD" in card.shown
        await world.approves(ANA, card)
        await world.told(ANA, "someone else has to decide it")
        await world.asks("it is urgent", thread=thread)  # joins the run that waits
        await world.hears(thread, "I am waiting for budget to decide")

    world.model.script(Text("INV-1003 is paid."))
    async with world.bot(**budgets):  # another replica, later
        await world.approves(MEI, card)
        said = await world.hears(thread, "INV-1003 is paid.")
        assert "More than 80 % of the budget for everybody a day, 1.00 USD, is used." in said.shown
        assert len(world.model.asked()) == asked + 1
        assert "it is urgent" in json.dumps(world.model.asked()[-1].body)
        await world.slack.until(lambda: "Done" in card.shown)

        world.model.script(*steps)
        other = await world.asks("and INV-1004?")
        await world.rejects(MEI, await world.card(other), "not worth it")
        await world.hears(other, "I was not allowed to go on beyond the budget, so I stopped here.")
        assert len(world.model.asked()) == asked + 3

    whole = sum((one.cost for one in (await on_the_books(world, Dimension.KIND)).values()), Decimal(0))
    assert await spent(world, Scope.ALL) == Decimal("0.85") + whole
    of_thread = (await on_the_books(world, Dimension.THREAD))[str(ThreadRef(TEAM, SUPPORT, thread))]
    assert 0 < of_thread.cost <= Decimal("0.02")


async def test_a_message_that_nobody_could_pay_to_check_is_checked_once_somebody_may(world: World) -> None:
    async with world.bot(**(of_bot(world) | {"BUDGET_PER_RUN": "0.00035"})):
        thread = await world.asks("hello")
        first = await world.card(thread)
        assert world.model.requests == []
        await world.approves(MEI, first)
        await world.hears(thread, "Here is what you can try")
        assert (len(world.model.asked(guard=True)), len(world.model.asked())) == (1, 1)
