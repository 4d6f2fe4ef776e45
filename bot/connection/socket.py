"""What the receiver's loop holds: the Bolt app on its sockets, and a Redis client of its own."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
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
from bot.connection.watchdog import Doubt, Watchdog
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.tool_form import ToolForm
from bot.handlers.intake import Intake
from bot.handlers.messages import Messages
from bot.handlers.places import Places
from bot.handlers.traced_inbox import TracedInbox
from bot.handlers.usage_intake import UsageIntake
from bot.settings.config import Settings
from bot.slack.me import Me
from bot.slack.socket_mode import Pace, SteadyHandler
from bot.slack.token_access import Token
from bot.store import client as redis_client
from bot.store.confirmation import Confirmation
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Inbox
from bot.store.roster import Roster
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from bot.telemetry import tracing
from bot.telemetry.metrics import Metrics
from bot.telemetry.tracing import Traces

#: Slack waits three seconds for an ack, so nothing on the way to one may wait longer.
SLACK_TIMEOUT = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """What takes in needs: who the bot is, how calls may be changed, what seals, Slack's time, why a call cannot be done,
    what Redis confirms, who measures, and where traces go."""

    me: AsyncSlackResponse
    forms: Mapping[str, ToolForm]
    sealer: Sealer
    now: Callable[[], datetime]
    hindrance: Callable[[Approval], Awaitable[str]]
    confirmation: Confirmation
    metrics: Metrics
    traces: Traces | None = None


@asynccontextmanager
async def open_socket(settings: Settings, door: Door, doubt: Doubt, token: Token) -> AsyncGenerator[Watchdog]:
    """Build the Bolt app in the running loop, and keep its sockets open while the block runs.

    `token` is told whether Slack takes the app's token.
    """
    keys = settings.keys
    async with (
        redis_client.connect_for_acks(settings.redis_url.get_secret_value()) as redis,
        aiohttp.ClientSession(trust_env=True) as session,
    ):
        sealer = door.sealer
        tracing.use(door.traces)  # and in every task that listens to a socket
        appends = TracedInbox if door.traces else Inbox
        inbox = appends(redis, keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
        threads, follow_ups = ThreadStore(redis, keys, sealer), FollowUps(redis, keys)
        me, roster = who_am_i(door.me), Roster(redis, keys, settings.lease)
        places = Places(me.team, inbox, settings.dm_memory, roster.read)
        intake = Intake(inbox, threads, me, door.forms, door.now, follow_ups, door.hindrance, places)
        intake.resets.confirmed = functools.partial(door.confirmation.is_kept, redis, keys)
        of_usage = UsageIntake(inbox, threads, me, door.now, UsageBook(redis, keys))
        client = AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_base_url,
            session=session,
            timeout=SLACK_TIMEOUT,
        )
        app = bolt_app(client, door.me, intake)
        handlers.register(app, intake, of_usage)
        clock, app_token = asyncio.get_running_loop().time, settings.slack_app_token.get_secret_value()
        watchdog = Watchdog(
            lambda pace: SteadyHandler(app, app_token, pace, clock, token, door.metrics),
            [Pace(clock, random.random) for _ in range(settings.slack_sockets)],
            clock,
            doubt,
            door.metrics,
        )
        async with watchdog.watching():
            yield watchdog


def bolt_app(client: AsyncWebClient, me: AsyncSlackResponse, intake: Intake) -> AsyncApp:
    """Make an app that acks after its listener, and asks Slack once, at start, who it is.

    Bolt's own `authorize` asks lazily, and where that first `auth.test` fails it acks the event
    and drops it. What it looks for in requests over HTTP alone, and prepares for functions and
    assistants, which the bot has none of, is left out. Messages are taken in before it asks at all: what it would
    prepare is what it takes to call Slack, and an ack needs nothing of that.
    """
    authorized = AuthorizeResult.from_auth_test_response(bot_token=client.token, auth_test_response=me)

    async def authorize() -> AuthorizeResult:
        return authorized

    return AsyncApp(
        name="countersign",  # left out, Bolt looks through every module for the file that called it: 0.1 s on this loop
        client=client,
        authorize=authorize,
        before_authorize=Messages(intake, frozenset({authorized.bot_user_id, authorized.bot_id})),
        process_before_response=True,
        logger=_leveled(log.getChild("bolt")),
        ssl_check_enabled=False,
        request_verification_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )


def _leveled(logger: logging.Logger) -> logging.Logger:
    """With a level of its own: for one without, Bolt puts together what it would say for debugging of each event."""
    logger.setLevel(logger.getEffectiveLevel())
    return logger


def who_am_i(me: AsyncSlackResponse) -> Me:
    """Read the answer of `auth.test`."""
    data = cast("dict[str, Any]", me.data)  # bytes are only ever downloads
    return Me(
        team=str(data["team_id"]),
        user=str(data["user_id"]),
        url=str(data["url"]),
        enterprise=str(data.get("enterprise_id") or ""),
        name=str(data.get("user") or ""),
    )
