"""A worker that is paused between the look at its lease and its call of Slack posts too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import LeaseLost
from bot.domain.lease import PRESENT, Lease
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.web_client import http_session, web_client
from tests.world import ANA, BOT_USER, SUPPORT, World

MARK = {"event_type": "countersign_card", "event_payload": {"approval_id": "00-x"}}
CARD: dict[str, Any] = {"text": "card", "blocks": None, "metadata": MARK}


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """The time of leases and limits."""
    return Clock()


@pytest.fixture
async def slack(world: World, clock: Clock) -> AsyncGenerator[Slack]:
    """The bot's own mouth."""
    async with aiohttp.ClientSession() as session:
        web = web_client(world.slack.bot_token, base_url=world.slack.api_url, session=session)
        yield Slack(web, Limiter(clock=clock, sleep=clock.pass_by), me=BOT_USER)


async def posted_late(world: World, slack: Slack, thread: str, clock: Clock) -> asyncio.Task[str]:
    """Begin to post, and let the lease lapse while Slack takes its time."""
    lease = Lease(timedelta(seconds=3), clock)
    lease.granted(lease.ask())
    world.slack.fault("chat.postMessage", delay=0.5)

    async def post() -> str:
        PRESENT.set(lease)
        return await slack.post(SUPPORT, thread_ts=thread, **CARD)

    task = asyncio.create_task(post())
    await asyncio.wait({task}, timeout=0.2)  # the call is on its way now
    clock.now += 4
    return task


async def test_what_another_worker_posted_meanwhile_stays_and_the_late_copy_goes(
    world: World, slack: Slack, clock: Clock
) -> None:
    thread = await world.slack.says(ANA, SUPPORT, "hello")
    late = await posted_late(world, slack, thread, clock)
    own = await slack.post(SUPPORT, thread_ts=thread, **CARD)
    late.cancel()  # as its heartbeat does when it finds the lease gone
    with pytest.raises(asyncio.CancelledError):
        await late

    assert [m.ts for m in world.replies(thread)] == [own]


async def test_what_nobody_else_has_posted_stays_to_be_found(
    world: World, slack: Slack, clock: Clock
) -> None:
    thread = await world.slack.says(ANA, SUPPORT, "hello")
    late = await posted_late(world, slack, thread, clock)
    with pytest.raises(LeaseLost):
        await late
    found = await slack.history.find(SUPPORT, thread, is_marked)

    assert [m.ts for m in world.replies(thread)] == [found]


def is_marked(message: Mapping[str, Any]) -> bool:
    return message.get("metadata") == MARK


async def test_a_call_that_gets_its_connection_after_the_lease_had_lapsed_is_not_sent(
    world: World, clock: Clock
) -> None:
    thread = await world.slack.says(ANA, SUPPORT, "hello")
    slowly = aiohttp.TraceConfig()

    async def takes_its_time(*_: Any) -> None:
        await clock.pass_by(4)

    slowly.on_connection_create_end.append(takes_its_time)
    async with http_session(world.slack.api_url, slowly) as session:
        web = web_client(world.slack.bot_token, base_url=world.slack.api_url, session=session)
        slack = Slack(web, Limiter(clock=clock, sleep=clock.pass_by), me=BOT_USER)
        lease = Lease(timedelta(seconds=3), clock)
        lease.granted(lease.ask())
        PRESENT.set(lease)
        with pytest.raises(LeaseLost):
            await slack.post(SUPPORT, thread_ts=thread, **CARD)
        PRESENT.set(None)

    assert world.replies(thread) == []


@pytest.mark.parametrize("status", [200, 500])
async def test_a_card_that_was_changed_too_late_is_looked_at_again(
    world: World, slack: Slack, clock: Clock, status: int
) -> None:
    ts = await slack.post(SUPPORT, thread_ts=None, **CARD)
    lease, again = Lease(timedelta(seconds=3), clock), list[str]()
    lease.granted(lease.ask())
    world.slack.fault("chat.update", delay=0.5, status=status)

    async def late() -> None:
        again.append(ts)

    async def update() -> None:
        PRESENT.set(lease)
        await slack.update(SUPPORT, ts, text="old", late=late)

    task = asyncio.create_task(update())
    await asyncio.wait({task}, timeout=0.2)  # the call is on its way now
    clock.now += 4
    task.cancel()
    await asyncio.wait({task})

    assert again == [ts]
