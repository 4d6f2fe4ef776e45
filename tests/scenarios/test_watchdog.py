"""Sockets that hang, and sockets that hear nothing, are replaced; the bot hears all the while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.connection import watchdog
from bot.connection.watchdog import Watchdog
from bot.slack.socket_mode import Pace, SteadyHandler
from bot.slack.token_access import Token
from bot.telemetry.metrics import Metrics
from tests.world import ANA, SUPPORT, World


class Clock:
    """The loop's time, and what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead


@asynccontextmanager
async def watched(
    world: World, clock: Clock, sockets: int = 2
) -> AsyncGenerator[tuple[Watchdog, list[SteadyHandler]]]:
    """Sockets on the stand-in, and every handler that was made for them."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token=world.slack.bot_token, bot_id="B1")

    web = AsyncWebClient(token=world.slack.bot_token, base_url=world.slack.api_url)
    app = AsyncApp(client=web, authorize=authorize)

    async def take() -> None:
        """Acknowledge."""

    app.event("message")(take)
    made: list[SteadyHandler] = []

    def opener(pace: Pace) -> SteadyHandler:
        made.append(SteadyHandler(app, world.slack.app_token, pace, clock, Token("SLACK_APP_TOKEN")))
        return made[-1]

    kept = Watchdog(opener, [Pace(clock, lambda: 0.0) for _ in range(sockets)], clock, print, Metrics())
    async with kept.watching():
        await world.slack.until(lambda: world.slack.sockets == sockets)
        yield kept, made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "BEAT", 0.05)


async def test_a_socket_that_heard_nothing_for_long_is_renewed_before_the_old_one_is_closed(
    world: World,
) -> None:
    clock = Clock()
    async with watched(world, clock, sockets=1) as (kept, made):
        clock.ahead += watchdog.QUIET + 1
        await world.slack.until(lambda: len(made) == 2 and made[0].client.closed)

        assert await kept.is_connected()
        assert world.slack.opened == 2
        assert not made[1].client.closed


async def test_a_socket_that_hears_is_left_alone(world: World) -> None:
    clock = Clock()
    async with watched(world, clock) as (_, made):
        clock.ahead += watchdog.QUIET - 60
        await world.slack.says(ANA, SUPPORT, "hello all")
        heard = [handler.steady.heard_at for handler in made]
        await world.slack.until(lambda: [handler.steady.heard_at for handler in made] != heard)

        assert len(made) == 2


async def test_a_socket_that_stays_down_is_replaced(world: World) -> None:
    clock = Clock()
    async with watched(world, clock) as (kept, made):
        made[0].client.auto_reconnect_enabled = made[0].client.default_auto_reconnect_enabled = False
        assert made[0].client.current_session_monitor
        made[0].client.current_session_monitor.cancel()
        assert made[0].client.current_session
        await made[0].client.current_session.close()
        assert await kept.is_connected()
        clock.ahead += watchdog.UNWELL + 1
        await world.slack.until(lambda: len(made) == 3 and world.slack.sockets == 2)

    assert all(handler.client.closed for handler in made)


async def test_hello_does_not_prove_that_nothing_was_missed(world: World) -> None:
    clock = Clock()
    async with watched(world, clock, sockets=1) as (kept, made):
        clock.ahead += 600
        assert kept.unproven() >= 600
        heard = made[0].steady.heard_at
        await world.slack.disconnect()  # the SDK opens another one in its place
        await world.slack.until(lambda: world.slack.opened == 2 and made[0].steady.heard_at != heard)
        assert kept.unproven() >= 600
        await world.slack.says(ANA, SUPPORT, "hello all")
        await world.slack.until(lambda: any(one.is_acked for one in world.slack.deliveries))

        assert kept.unproven() < 600
