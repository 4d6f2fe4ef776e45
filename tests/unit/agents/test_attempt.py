"""How a side effect waits: for as long as it was told, and never past the right to send anything."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from agents.tool_context import ToolContext

from bot.agents.attempt import NO_ATTEMPT
from bot.agents.context import RunContext
from bot.agents.tools.approval import approved_tool
from bot.domain.lease import PRESENT, Lease
from tests.unit.agents.test_engine import POLICY, Bench

#: Seconds that are over before anybody gives a test up, and some that are not.
SOON, LONG = 3.0, 600.0


@pytest.fixture
def context() -> RunContext:
    return Bench().context()


async def test_a_wait_that_nothing_ends_goes_on_afterwards(context: RunContext) -> None:
    assert await context.pause(0.01)


async def test_who_calls_it_off_ends_the_wait(context: RunContext) -> None:
    waiting = asyncio.create_task(context.pause(LONG))
    context.called_off.set()
    async with asyncio.timeout(10):
        assert not await waiting


async def test_a_worker_that_may_have_lost_its_thread_sends_nothing_any_more(context: RunContext) -> None:
    clock = 0.0
    lease = Lease(timedelta(seconds=15), lambda: clock)
    lease.granted(lease.ask())
    PRESENT.set(lease)
    assert await context.pause(0.01)
    clock = 16.0

    assert not await context.pause(0.01)


async def test_a_call_that_is_cut_off_comes_to_its_end_at_once() -> None:
    bench = Bench()
    waiting = asyncio.Event()

    async def pay(ctx: ToolContext[RunContext], amount: str) -> str:
        """Pay somebody, once a service that is busy has the time."""
        waiting.set()
        went_on = await ctx.context.attempt.pause(SOON)
        return "paid" if went_on else f"ERROR: {amount} not paid"

    context = bench.context(("c1", "29.00"))
    written = '{"amount":"29.00"}'
    ctx = ToolContext(context, tool_name="pay", tool_call_id="c1", tool_arguments=written)
    call = asyncio.ensure_future(approved_tool(POLICY)(pay).tool.on_invoke_tool(ctx, written))
    await waiting.wait()
    call.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await call

    assert bench.journal.done == {"c1": "ERROR: 29.00 not paid"}


async def test_a_tool_that_was_given_no_attempt_never_waits() -> None:
    assert not await NO_ATTEMPT.pause(LONG)
