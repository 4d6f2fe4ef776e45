"""How a side effect waits: for as long as it was told, and never past the right to send anything."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.agents.attempt import NO_ATTEMPT
from bot.agents.context import RunContext
from bot.lease import PRESENT, Lease
from tests.unit.agents.test_engine import Bench

LONG = 600.0


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


async def test_a_tool_that_was_given_no_attempt_never_waits() -> None:
    assert not await NO_ATTEMPT.pause(LONG)
