"""What the receiver's loop holds: the Bolt app on its sockets, and a Redis client of its own."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import handlers
from bot.config import Settings
from bot.intake import Intake, Me
from bot.slack.access import Token
from bot.slack.steady import Pace, SteadyHandler
from bot.store import client as redis_client
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.tool_form import ToolForm
from bot.watchdog import Doubt, Watchdog

#: Slack waits three seconds for an ack, so nothing on the way to one may wait longer.
SLACK_TIMEOUT = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """What takes in needs: who the bot is, how calls may be changed, what seals, and Slack's time."""

    me: AsyncSlackResponse
    forms: Mapping[str, ToolForm]
    sealer: Sealer
    now: Callable[[], datetime]


@asynccontextmanager
async def open_socket(settings: Settings, door: Door, doubt: Doubt, token: Token) -> AsyncGenerator[Watchdog]:
    """Build the Bolt app in the running loop, and keep its sockets open while the block runs.

    `token` is told whether Slack takes the app's token.
    """
    keys = Keys(settings.redis_prefix, settings.redis_shards)
    async with (
        redis_client.connect_for_acks(settings.redis_url.get_secret_value()) as redis,
        aiohttp.ClientSession(trust_env=True) as session,
    ):
        sealer = door.sealer
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
        threads, follow_ups = ThreadStore(redis, keys, sealer), FollowUps(redis, keys)
        intake = Intake(inbox, threads, who_am_i(door.me), door.forms, door.now, follow_ups)
        client = AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_base_url,
            session=session,
            timeout=SLACK_TIMEOUT,
        )
        app = bolt_app(client, door.me)
        handlers.register(app, intake)
        clock, app_token = asyncio.get_running_loop().time, settings.slack_app_token.get_secret_value()
        watchdog = Watchdog(
            lambda pace: SteadyHandler(app, app_token, pace, clock, token),
            [Pace(clock, random.random) for _ in range(settings.slack_sockets)],
            clock,
            doubt,
        )
        async with watchdog.watching():
            yield watchdog


def bolt_app(client: AsyncWebClient, me: AsyncSlackResponse) -> AsyncApp:
    """Make an app that acks after its listener, and asks Slack once, at start, who it is.

    Bolt's own `authorize` asks lazily, and where that first `auth.test` fails it acks the event
    and drops it.
    """

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult.from_auth_test_response(bot_token=client.token, auth_test_response=me)

    return AsyncApp(client=client, authorize=authorize, process_before_response=True, logger=log)


def who_am_i(me: AsyncSlackResponse) -> Me:
    """Read the answer of `auth.test`."""
    data = cast("dict[str, Any]", me.data)  # bytes are only ever downloads
    return Me(
        team=str(data["team_id"]),
        user=str(data["user_id"]),
        url=str(data["url"]),
        enterprise=str(data.get("enterprise_id") or ""),
    )
