"""Redis' own clock is wrong for an hour, as behind a failover to a server that nobody set: nothing that people say is lost."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.connection import backfill
from bot.slack import token_access
from bot.store import redis_clock
from tests.recovery.test_clocks import resets_and_goes_on
from tests.redis_server import RedisServer
from tests.scenarios.test_tokens import questions
from tests.world import World
from tests.world import world as make_world

Jump = Callable[[str], Awaitable[None]]


@pytest.fixture
async def jump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> AsyncGenerator[tuple[World, Jump]]:
    """A world, and how far off Redis' clock is to be, until a replica has noticed."""
    monkeypatch.setattr(redis_clock, "PAUSE", 0.1)
    monkeypatch.setattr(backfill, "BEAT", 0.2)
    monkeypatch.setattr(token_access, "AGAIN", 0.2)
    caplog.set_level(logging.WARNING, "bot")
    clock = tmp_path / "clock"
    clock.write_text("+0s")
    server = RedisServer.clocked(clock)
    server.start()
    try:
        async with make_world(server.url) as world:

            async def jumps(off: str) -> None:
                before = jumped(caplog)
                clock.write_text(off)
                while jumped(caplog) == before:
                    await world.moment()

            yield world, jumps
    finally:
        server.remove()


def jumped(caplog: pytest.LogCaptureFixture) -> int:
    return sum(one.getMessage() == "redis clock jumped" for one in caplog.records)


async def looks_back(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Have history read, by a token that is refused for a moment, and wait until it was."""
    caplog.set_level(logging.INFO, "bot.connection")
    before, asked = reads(caplog), questions(world)
    world.slack.revoke()
    await world.slack.opens_home("U0ANA00001")
    await world.slack.until(lambda: questions(world) > asked)
    world.slack.restore()
    await world.slack.until(lambda: reads(caplog) > before)


def reads(caplog: pytest.LogCaptureFixture) -> int:
    return sum(one.getMessage() == "history read" for one in caplog.records)


@pytest.mark.parametrize("off", ["+3600s", "-3600s"])
async def test_what_is_written_behind_a_reset_is_answered_though_redis_clock_jumped(
    jump: tuple[World, Jump], off: str
) -> None:
    world, jumps = jump
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        await jumps(off)
        await resets_and_goes_on(world, thread)


@pytest.mark.parametrize("is_set_right", [False, True], ids=["still", "set right"])
async def test_what_nobody_heard_is_found_though_redis_clock_is_ahead_or_was(
    jump: tuple[World, Jump], caplog: pytest.LogCaptureFixture, is_set_right: bool
) -> None:
    world, jumps = jump
    async with world.bot(BACKFILL_AFTER_SECONDS="3600"):
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
        await jumps("+3600s")
        await looks_back(world, caplog)  # up to a moment that has yet to come
        world.slack.deafen()
        missed = await world.asks("show me INV-1004")
        world.slack.gives_up()
        if is_set_right:
            await jumps("+0s")
        else:
            await looks_back(world, caplog)
        await world.hears(missed, "Juniper Labs")


async def test_two_replicas_do_not_work_at_one_thread_because_redis_clock_leapt(
    jump: tuple[World, Jump], caplog: pytest.LogCaptureFixture
) -> None:
    world, jumps = jump
    caplog.set_level(logging.INFO, "bot")
    async with world.bot(LEASE_SECONDS="10"), world.bot(LEASE_SECONDS="10"):
        async with world.model.held():
            thread = await world.asks("show me INV-1003")
            await world.slack.until(lambda: world.replies(thread))
            await jumps("+60s")
            other = await world.asks("show me INV-1004")  # whoever takes it in sees whose lease has lapsed
            await world.slack.until(lambda: world.replies(other))
        await world.hears(thread, "Hazel & Co")

    assert "lease lost" not in caplog.text
