"""The composition root: settings in, a running replica out; what begins when, and what ends before what."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.agents.addressee import Addressee
from bot.agents.engine import Engine
from bot.agents.models import Models
from bot.agents.note_taker import NoteTaker
from bot.agents.prices import Prices
from bot.agents.team import Team
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.made_under import made_under
from bot.background.audit_anchor import read_back
from bot.background.long_waits import LongWaits
from bot.background.presence import RESTS
from bot.background.timing import timed
from bot.background.worker import Worker
from bot.connection.first_start import Heads, recognise
from bot.connection.introduction import introduce
from bot.connection.receiver import Receiver
from bot.connection.socket import Door, open_socket, who_am_i
from bot.conversation.previews import Previews
from bot.domain.duty import Duty, Why
from bot.domain.errors import CannotStart
from bot.domain.signed_head import HeadSigner
from bot.domain.sources import Sources
from bot.domain.tasks import end, first, in_background, mourn
from bot.sandbox.backend import Backend
from bot.settings.config import Settings
from bot.slack.client import Slack
from bot.slack.token_access import Token
from bot.slack.web_client import http_session
from bot.slack.web_client import web_client as client_for
from bot.store import check as redis_check
from bot.store import client as redis_client
from bot.store.confirmation import Confirmation
from bot.store.epoch import Epoch
from bot.store.sandboxes import Sandboxes
from bot.telemetry.metrics import Metrics
from bot.wiring.agreement import agree
from bot.wiring.allocator import give_back_large_buffers
from bot.wiring.announcement import announce
from bot.wiring.assembly import (
    all_approved,
    build_addressee,
    build_engine,
    insist_on_names,
    insist_on_prices,
    note_taker,
    providers,
)
from bot.wiring.connections import Connections
from bot.wiring.hindrance import hindrance
from bot.wiring.lookback import looking_back
from bot.wiring.metrics_page import serving
from bot.wiring.on_duty import watched
from bot.wiring.readiness import Health
from bot.wiring.sandbox_hosts import sandbox_host
from bot.wiring.traces import traced
from bot.wiring.upkeep import looking_after
from bot.wiring.worker_parts import Serving, build_worker, shared_pace, slack_limiter

log = logging.getLogger(__name__)

REDIS_TAKES_NOTHING: Final = (
    "Redis answers at REDIS_URL, but does not take what has to be written at start: it may be full, or only a copy of "
    "another one. The log has the kind of its error."
)


def real_sources() -> Sources:
    """The clock of this machine and random ids: the one place where they come from."""
    return Sources(
        now=lambda: datetime.now(UTC),  # noqa: TID251
        token=lambda: secrets.token_hex(8),
        ticks=time.monotonic,
    )


async def serve(settings: Settings, team: Team[Any]) -> None:
    """Run one replica until SIGTERM or SIGINT, then drain it; while it still starts, end at once.

    Raises `CannotStart` when Slack or Redis turn the bot away at the door.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(stack.enter_async_context(running(settings, real_sources(), team)))
        try:
            if not await first(starting, stop):
                return
        except RedisError as error:
            log.error("redis failed at start", extra={"error": type(error).__name__})
            raise CannotStart(REDIS_TAKES_NOTHING) from None
        log.info("ready")
        await stop.wait()
        log.info("draining")


@asynccontextmanager
async def running(settings: Settings, sources: Sources, team: Team[Any]) -> AsyncGenerator[Receiver]:
    """Start a replica of a team, and drain it when the block ends.

    The order of the end matters: first nothing new comes in, then running events finish, and
    only then are the connections closed that they need.
    """
    give_back_large_buffers()
    async with AsyncExitStack() as stack:
        traces = await stack.enter_async_context(traced(settings))
        http = await stack.enter_async_context(http_session(settings.slack_api_base_url))
        web_client = client_for(
            settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_base_url, session=http
        )
        said = await timed(sources.ticks, introduce(web_client, settings.slack_app_token.get_secret_value()))
        me, url, metrics = who_am_i(said.answer), settings.redis_url.get_secret_value(), Metrics()
        redis = await stack.enter_async_context(redis_client.connect(url))
        blocking = await stack.enter_async_context(redis_client.connect_blocking(url))
        confirmation = await _check(redis, settings)
        approved = all_approved(settings, team)
        describe = functools.partial(announce, settings, team, approved)
        agreed = await agree(stack, settings, sources, redis, said, describe, metrics)
        sources, presence = replace(sources, now=agreed.timing.now), agreed.presence
        bot = Slack(
            web_client,
            slack_limiter(settings, pace := shared_pace(settings, redis, sources)),
            me=me.user,
            metrics=metrics,
        )
        await _recognise(settings, redis, bot, http)
        engine, notes, addressee = _agents(stack, settings, sources, team, approved, metrics)
        app_token, on_duty = Token("SLACK_APP_TOKEN"), await watched(stack, bot.check, metrics)
        of_team = await stack.enter_async_context(team.services())
        sandboxes = _sandboxes(settings, sources, redis, http, metrics)
        beside = (
            sandboxes,
            confirmation,
            on_duty.access,
            made_under(approved, of_team),
            of_team,
            pace,
            metrics,
        )
        connections = Connections(redis, blocking, http, agreed.sealer, *beside)
        backfill = looking_back(settings, sources, connections, web_client, me, agreed.timing)
        on_duty.access.restored = backfill.doubt  # an app that is not installed is told of nothing
        parts = build_worker(
            settings,
            sources,
            connections,
            web_client,
            Serving(me, engine, on_duty, notes, addressee, agreed.timing.clock, traces),
        )
        door = Door(
            said.answer,
            {tool.form.tool: tool.form for tool in approved},
            agreed.sealer,
            agreed.timing.slack_now,
            hindrance(Previews(engine.tools, of_team)),
            confirmation,
            metrics,
            traces,
        )
        receiver = Receiver(lambda: open_socket(settings, door, backfill.doubt, app_token))
        # Before the first claim, for it may have to rest; and until the last, so that it is on the roster.
        rest, give_up = on_duty.duty.switch(Why.POLICIES, RESTS), _ending(on_duty.duty, receiver)
        await stack.enter_async_context(in_background(presence.keep(rest, give_up, metrics)))
        await stack.enter_async_context(
            looking_after(settings, sources, connections, web_client, agreed.timing, engine.tools.has)
        )
        loop_of_worker = await stack.enter_async_context(_working(*parts, settings, metrics))

        async def unproven() -> float | None:
            return None if on_duty.access.refused else await receiver.unproven()

        stack.push_async_callback(receiver.stop)
        await receiver.start()
        await stack.enter_async_context(in_background(backfill.watch(unproven)))
        of_redis = (functools.partial(_answers, redis), Epoch(redis, settings.keys).is_recovering)
        health = Health(receiver, parts[0], loop_of_worker, on_duty.duty, agreed.timing, app_token, *of_redis)
        await stack.enter_async_context(
            serving(settings, health, metrics, redis, (on_duty.access, app_token), sources.ticks)
        )
        yield receiver


def _agents(
    stack: AsyncExitStack,
    settings: Settings,
    sources: Sources,
    team: Team[Any],
    approved: Sequence[ApprovedTool],
    metrics: Metrics,
) -> tuple[Engine, NoteTaker, Addressee]:
    prices = Prices(settings.model_prices)
    insist_on_names(settings, team)
    insist_on_prices(settings, team, prices, sources.now())
    longest, silence = settings.budget_answer_tokens, settings.model_silence_seconds
    models = Models(providers(settings), silence=silence, prices=prices, metrics=metrics, longest=longest)
    stack.push_async_callback(models.close)
    _warn_of_empty_roles(settings, approved)
    engine = build_engine(settings, models, sources, team, approved)
    made = engine, note_taker(settings, models), build_addressee(settings, models)
    prices.let_go()
    return made


def _warn_of_empty_roles(settings: Settings, approved: Sequence[ApprovedTool]) -> None:
    for role in sorted({role for tool in approved for role in tool.policy.roles()}):
        if not settings.approvers.get(role):
            log.warning("nobody is listed for a role of a policy", extra={"role": role})


def _sandboxes(
    settings: Settings, sources: Sources, redis: Redis, http: aiohttp.ClientSession, metrics: Metrics
) -> Backend | None:
    host = sandbox_host(settings, http)
    ledger = Sandboxes(redis, settings.keys)
    if host is None:
        return None
    limits, on_end = settings.sandbox_limits, metrics.sandbox_used
    return Backend(host, ledger, limits=limits, now=sources.now, on_end=on_end)


async def _check(redis: Redis, settings: Settings) -> Confirmation:
    if not await _answers(redis):
        raise CannotStart("Redis could not be reached at REDIS_URL.")
    mode = settings.redis_check
    await redis_check.insist(redis, strict=mode == "strict", refuse=mode != "warn")
    if_possible = settings.effects_wait_for == "auto"
    wanted = settings.confirmation
    return await redis_check.insist_on_confirmation(redis, settings.keys, wanted, if_possible=if_possible)


async def _recognise(settings: Settings, redis: Redis, slack: Slack, http: aiohttp.ClientSession) -> None:
    url = settings.audit_anchor_url.get_secret_value()
    posted = functools.partial(read_back, http, url) if url else None
    heads = Heads(settings.audit_anchor_file, posted, HeadSigner(settings.state_key_list))
    channels = settings.approval_channels.every
    await recognise(Epoch(redis, settings.keys), slack, approval_channels=channels, heads=heads)


async def _answers(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except RedisError:
        return False


@asynccontextmanager
async def _working(
    worker: Worker, long_waits: LongWaits, settings: Settings, metrics: Metrics
) -> AsyncGenerator[asyncio.Task[None]]:
    """Let the worker work while the block runs, and drain it then; meanwhile tell who waits for long."""
    loop_of_worker = asyncio.create_task(worker.run())
    loop_of_worker.add_done_callback(mourn)
    try:
        async with in_background(long_waits.watch(metrics)):
            yield loop_of_worker
    finally:
        await worker.drain(settings.drain)
        await end(loop_of_worker)


def _ending(duty: Duty, receiver: Receiver) -> Callable[[str], Awaitable[None]]:
    """What a replica does that may not serve any more: it neither works nor takes in."""

    async def end_both(why: str) -> None:
        duty.keep_off(Why.LEAVING, why)
        await receiver.stop()

    return end_both
