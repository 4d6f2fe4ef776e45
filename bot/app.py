"""The composition root: settings in, a running bot out. The only place that names concrete classes."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError
from slack_sdk.web.async_client import AsyncWebClient

from bot import web
from bot.aftermath import Aftermath
from bot.agents.billing_client import BillingClient
from bot.agents.engine import Engine
from bot.agents.models import Models
from bot.agents.tools.approval import ApprovedTool
from bot.agreement import agree
from bot.allocator import give_back_large_buffers
from bot.backfill import Backfill
from bot.benches import Benches
from bot.config import Settings
from bot.controls import Controls
from bot.conversation import Conversation
from bot.decisions import Decisions
from bot.delivery import Delivery
from bot.electorate import Electorate
from bot.errors import CannotStart
from bot.health import Health
from bot.homes import Homes
from bot.intake import Intake, Me
from bot.introduction import introduce
from bot.noticeboard import Noticeboard
from bot.orphans import Orphans
from bot.outfit import all_approved, build_engine, providers, sandbox_host
from bot.receiver import Receiver
from bot.recording import keeping_record
from bot.requests import FloodLimits, Requests
from bot.resets import Resets
from bot.results import Results
from bot.runs import Runs, Services
from bot.sandbox.backend import Backend
from bot.sandbox.gate import Gate
from bot.settlement import Settlement
from bot.slack.access import Access, Token
from bot.slack.approvers import Approvers
from bot.slack.budget import Budget
from bot.slack.client import Slack
from bot.slack.files import SlackFiles
from bot.slack.limiter import Limiter
from bot.slack.web_client import web_client as client_for
from bot.slots import Slots
from bot.socket import Door, open_socket, who_am_i
from bot.sources import Sources
from bot.store import check as redis_check
from bot.store import client as redis_client
from bot.store.allowances import Allowances, DailyLimits
from bot.store.audit import AuditLog
from bot.store.confirmation import Confirmation
from bot.store.epoch import Epoch
from bot.store.follow_ups import FollowUps
from bot.store.hearing import Hearing
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sandboxes import Sandboxes
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.workspaces import Workspaces
from bot.stranded import Stranded, keep_finding
from bot.sweeper import keep_swept
from bot.tasks import end, in_background, mourn
from bot.timekeeper import Timekeeper
from bot.timing import timed
from bot.worker import Worker

log = logging.getLogger(__name__)

#: Seconds for the bytes of a file on their way to Slack.
UPLOAD_TIMEOUT = 60
#: How long back-fill waits where Slack asks it to, in seconds: begun anew, it would never end.
BUSY_HISTORY = 120.0


def real_sources() -> Sources:
    """The clock of this machine and random ids: the one place where they come from."""
    return Sources(
        now=lambda: datetime.now(UTC),  # noqa: TID251
        token=lambda: secrets.token_hex(8),
        ticks=time.monotonic,
    )


async def serve(settings: Settings) -> None:
    """Run one replica until SIGTERM or SIGINT, then drain it.

    Raises `CannotStart` when Slack or Redis turn the bot away at the door.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, real_sources()):
        log.info("ready")
        await stop.wait()
        log.info("draining")


@asynccontextmanager
async def running(
    settings: Settings, sources: Sources, tools: Sequence[ApprovedTool] = ()
) -> AsyncGenerator[Receiver]:
    """Start a replica, and drain it when the block ends. `tools` come on top of the bot's own.

    The order of the end matters: first nothing new comes in, then running events finish, and
    only then are the connections closed that they need.
    """
    give_back_large_buffers()
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
        web_client = client_for(
            settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_base_url, session=http
        )
        said = await timed(sources.ticks, introduce(web_client, settings.slack_app_token.get_secret_value()))
        me = said.answer
        url = settings.redis_url.get_secret_value()
        redis = await stack.enter_async_context(redis_client.connect(url))
        blocking = await stack.enter_async_context(redis_client.connect_blocking(url))
        confirmation = await _check(redis, settings)
        approved = all_approved(settings, tools)
        agreed = await agree(stack, settings, sources, redis, said, approved)
        sources, presence = replace(sources, now=agreed.timing.now), agreed.presence
        models = Models(providers(settings))
        stack.push_async_callback(models.close)
        _warn_of_empty_roles(settings, approved)
        engine = build_engine(settings, models, sources, approved)
        tokens = Tokens(Access(asyncio.get_running_loop().time), Token("SLACK_APP_TOKEN"))
        sandboxes = _sandboxes(settings, sources, redis, http)
        connections = Connections(redis, blocking, http, agreed.sealer, sandboxes, confirmation, tokens.bot)
        backfill = _backfill(settings, sources, connections, web_client, who_am_i(me))
        tokens.bot.restored = backfill.doubt  # an app that is not installed is told of nothing
        asking = tokens.bot.watch(Slack(web_client, _limiter(settings), me=who_am_i(me).user).check)
        await stack.enter_async_context(in_background(asking))
        worker = _worker(settings, sources, connections, web_client, who_am_i(me), engine)
        door = Door(
            me, {tool.form.tool: tool.form for tool in approved}, agreed.sealer, agreed.timing.slack_now
        )
        receiver = Receiver(lambda: open_socket(settings, door, backfill.doubt, tokens.app))
        # Before the first claim, for it may have to rest; and until the last, so that it is on the roster.
        await stack.enter_async_context(in_background(presence.keep(worker.rest, _ending(worker, receiver))))
        await stack.enter_async_context(_caring(settings, sources, connections))
        loop_of_worker = await stack.enter_async_context(_working(worker, settings))

        async def unproven() -> float | None:
            return None if tokens.bot.refused else await receiver.unproven()

        await receiver.start()
        stack.push_async_callback(receiver.stop)
        await stack.enter_async_context(in_background(backfill.watch(unproven)))
        answers = functools.partial(_answers, redis)
        health = Health(receiver, worker, loop_of_worker, presence, agreed.timing, tokens.complaints, answers)
        pages = web.serving(settings.health_host, settings.health_port, health.complaints, health.facts)
        await stack.enter_async_context(pages)
        yield receiver


@dataclass(frozen=True, slots=True)
class Connections:
    """The clients that the worker's parts share."""

    redis: Redis
    blocking: Redis
    http: aiohttp.ClientSession
    sealer: Sealer
    sandboxes: Backend | None
    confirmation: Confirmation
    access: Access


@dataclass(frozen=True, slots=True)
class Tokens:
    """Whether Slack takes the bot's token and the app's."""

    bot: Access
    app: Token

    def complaints(self) -> list[str]:
        """What Slack has against them."""
        return [token.complaint for token in (self.bot, self.app) if token.refused]


def _keys(settings: Settings) -> Keys:
    return Keys(settings.redis_prefix, settings.redis_shards)


def _worker(
    settings: Settings,
    sources: Sources,
    connections: Connections,
    web_client: AsyncWebClient,
    me: Me,
    engine: Engine,
) -> Worker:
    """Wire the parts that answer events."""
    keys, sealer = _keys(settings), connections.sealer
    limiter = _limiter(settings)
    access = connections.access
    slack = Slack(web_client, limiter, me=me.user, access=access)
    inbox = Inbox(
        connections.redis,
        keys,
        sealer,
        dedupe_ttl=settings.dedupe_ttl,
        lease=settings.lease,
        blocking=connections.blocking,
        confirmation=connections.confirmation,
    )
    threads = ThreadStore(connections.redis, keys, sealer)
    people = Approvers(slack, settings.approvers, clock=asyncio.get_running_loop().time)
    electorate = Electorate(people, threads)
    channel = settings.approvals_channel
    noticeboard = Noticeboard(slack, threads, electorate, approvals_channel=channel, permalink=me.permalink)
    delivery = Delivery(slack, limiter, threads, noticeboard, approvals_channel=channel, now=sources.now)
    requests = Requests(
        threads, approval_ttl=settings.approval_ttl, limits=_flood_limits(settings), sources=sources
    )
    aftermath = Aftermath(threads, requests, sources.now)
    settlement = Settlement(requests, aftermath, sources.token)
    billing = BillingClient(
        connections.http, settings.billing_base_url, settings.billing_api_key.get_secret_value()
    )
    token, address = settings.slack_bot_token.get_secret_value(), settings.slack_api_base_url
    slow = client_for(token, base_url=address, session=connections.http, timeout=UPLOAD_TIMEOUT)
    files = SlackFiles(Slack(slow, limiter, me=me.user, access=access), slow, connections.http)
    workspaces = Workspaces(connections.redis, keys, sealer)
    benches = Benches(workspaces, connections.sandboxes, files.fetch)
    gate = connections.sandboxes.host.gate if connections.sandboxes else Gate()
    services = Services(
        billing, benches, Results(workspaces, files, gate), _allowances(settings, connections.redis)
    )
    decisions = Decisions(threads, electorate, engine, delivery, requests, sources.now)
    homes = Homes(slack, threads, inbox, electorate, permalink=me.permalink, now=sources.now)
    conversation = Conversation(
        threads,
        Runs(engine, threads, delivery, services, settlement, sources.now),
        settlement,
        Controls(
            decisions,
            Timekeeper(threads, decisions, noticeboard, people, sources.now),
            Resets(aftermath),
            homes,
            Stranded(threads, aftermath),
        ),
        homes,
        delivery,
    )
    return Worker(
        inbox,
        threads,
        conversation,
        sources=sources,
        slots=Slots(runs=settings.worker_concurrency, overtaking=settings.control_concurrency),
        access=access,
    )


def _limiter(settings: Settings) -> Limiter:
    clock = asyncio.get_running_loop().time
    return Limiter(
        clock=clock,
        sleep=asyncio.sleep,
        interval=settings.edit_interval_seconds,
        edits=settings.slack_edits_per_minute,
        posts=settings.slack_posts_per_minute,
    )


def _warn_of_empty_roles(settings: Settings, approved: Sequence[ApprovedTool]) -> None:
    for role in sorted({role for tool in approved for role in tool.policy.roles()}):
        if not settings.approvers.get(role):
            log.warning("nobody is listed for a role of a policy", extra={"role": role})


def _sandboxes(
    settings: Settings, sources: Sources, redis: Redis, http: aiohttp.ClientSession
) -> Backend | None:
    host = sandbox_host(settings, http)
    ledger = Sandboxes(redis, _keys(settings))
    return Backend(host, ledger, limits=settings.sandbox_limits, now=sources.now) if host else None


def _backfill(
    settings: Settings, sources: Sources, connections: Connections, web_client: AsyncWebClient, me: Me
) -> Backfill:
    keys, sealer, redis = _keys(settings), connections.sealer, connections.redis
    clock = asyncio.get_running_loop().time
    patient = Limiter(clock=clock, sleep=asyncio.sleep, patience=BUSY_HISTORY)
    slack = Slack(
        web_client, patient, me=me.user, access=connections.access, budget=Budget(clock, asyncio.sleep)
    )
    inbox = Inbox(redis, keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
    follow_ups = FollowUps(redis, keys)
    intake = Intake(inbox, ThreadStore(redis, keys, sealer), me, {}, sources.now, follow_ups)
    return Backfill(
        slack,
        intake,
        Hearing(redis, keys),
        follow_ups,
        Epoch(redis, keys),
        Orphans(slack, patient, inbox),
        replica=sources.token(),
        longest_gap=settings.backfill_after,
        clock=clock,
    )


@asynccontextmanager
async def _caring(settings: Settings, sources: Sources, connections: Connections) -> AsyncGenerator[None]:
    """Beside the worker: end left sandboxes, chain the record, look for what was approved and never done."""
    keys, sealer, redis = _keys(settings), connections.sealer, connections.redis
    inbox = Inbox(redis, keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
    audit = AuditLog(redis, keys, sealer)
    async with AsyncExitStack() as stack:
        if connections.sandboxes is not None:
            await stack.enter_async_context(in_background(keep_swept(connections.sandboxes)))
        await stack.enter_async_context(keeping_record(settings, sources, audit, connections.http))
        finding = keep_finding(ThreadStore(redis, keys, sealer), inbox, sources.now)
        await stack.enter_async_context(in_background(finding))
        yield


def _allowances(settings: Settings, redis: Redis) -> Allowances:
    limits = DailyLimits(settings.messages_per_person_per_day, settings.tokens_per_person_per_day)
    return Allowances(redis, _keys(settings), limits)


def _flood_limits(settings: Settings) -> FloodLimits:
    return FloodLimits(
        per_run=settings.pending_per_run,
        per_requester=settings.pending_per_requester,
        per_role=settings.pending_per_role,
    )


async def _check(redis: Redis, settings: Settings) -> Confirmation:
    if not await _answers(redis):
        raise CannotStart("Redis could not be reached at REDIS_URL.")
    mode = settings.redis_check
    await redis_check.insist(redis, strict=mode == "strict", refuse=mode != "warn")
    if_possible = settings.effects_wait_for == "auto"
    wanted = settings.confirmation
    return await redis_check.insist_on_confirmation(redis, _keys(settings), wanted, if_possible=if_possible)


async def _answers(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except RedisError:
        return False


@asynccontextmanager
async def _working(worker: Worker, settings: Settings) -> AsyncGenerator[asyncio.Task[None]]:
    """Let the worker work while the block runs, and drain it then."""
    loop_of_worker = asyncio.create_task(worker.run())
    loop_of_worker.add_done_callback(mourn)
    try:
        yield loop_of_worker
    finally:
        await worker.drain(settings.drain)
        await end(loop_of_worker)


def _ending(worker: Worker, receiver: Receiver) -> Callable[[str], Awaitable[None]]:
    """What a replica does that may not serve any more: it neither works nor takes in."""

    async def end_both(_: str) -> None:
        worker.rest(True)
        await receiver.stop()

    return end_both
