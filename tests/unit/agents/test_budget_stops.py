"""A run that a budget stops is saved right there: gone on with, it repeats no call of a model."""

from __future__ import annotations

from decimal import Decimal

import pytest
from agents.testing import ModelStep

from bot.agents.run_in_progress import RunInProgress
from bot.domain.budget import Scope, Standing
from bot.domain.budget_errors import BudgetReached
from bot.domain.run import Completed
from tests.unit.agents.test_engine import BILLING, OK, Bench, call, drained, gone_on_with, say

CENT = Decimal("0.01")
SHORT = Standing(Scope.RUN, CENT, CENT, CENT)
NO_MONEY = ModelStep(error=BudgetReached((SHORT,), CENT))


async def stopped(progress: RunInProgress) -> RunInProgress:
    with pytest.raises(BudgetReached):
        await drained(progress)
    return progress


async def goes_on(bench: Bench, saved: bytes) -> RunInProgress:
    return await drained(
        await gone_on_with(
            bench.engine(),
            saved,
            decisions={},
            session=bench.session,
            context=bench.context(),
            checkpoint=bench.checkpoint,
        )
    )


async def test_stopped_before_its_first_call_it_begins_with_that_and_is_not_judged_again() -> None:
    bench = Bench(NO_MONEY, say("hello"), guard=[OK])
    progress = await stopped(bench.run("hi there"))

    assert progress.snapshot is not None
    assert bench.saved == []
    done = await goes_on(bench, progress.snapshot)
    assert done.outcome == Completed("hello", BILLING)
    assert [one.input for one in bench.model.calls] == [one.input for one in bench.model.calls[:1]] * 2
    assert len(bench.guard.calls) == 1


async def test_stopped_before_it_was_judged_nothing_of_it_was_sent() -> None:
    bench = Bench(say("hello"), guard=[NO_MONEY])
    progress = await stopped(bench.run("hi there"))

    assert not bench.model.calls
    assert progress.snapshot is not None
    done = await goes_on(bench, progress.snapshot)
    assert done.outcome == Completed("hello", BILLING)


async def test_stopped_later_it_goes_on_from_where_it_was_saved_last() -> None:
    bench = Bench(ModelStep(output=[call("look", "c0")]), NO_MONEY, say("done"))
    progress = await stopped(bench.run())

    assert progress.snapshot is None
    done = await goes_on(bench, bench.saved[-1])
    assert done.outcome == Completed("done", BILLING)
    assert bench.model.calls[1].input == bench.model.calls[2].input


async def test_a_message_joins_a_run_that_was_stopped_before_its_first_call() -> None:
    bench = Bench(NO_MONEY, say("hello both"), guard=[OK])
    progress = await stopped(bench.run("hi there"))
    assert progress.snapshot is not None
    joined = await bench.engine().admit(progress.snapshot, "me too")
    done = await goes_on(bench, joined)
    assert done.outcome == Completed("hello both", BILLING)
    assert "me too" in str(bench.model.calls[-1].input)
