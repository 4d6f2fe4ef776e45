"""What answers events: the parts of the conversation, put together below one worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient

from bot.agents.addressee import Addressee
from bot.agents.engine import Engine
from bot.agents.models import LONGEST_REQUEST
from bot.agents.note_taker import NoteTaker
from bot.background.answer_times import AnswerTimes
from bot.background.long_waits import LongWaits
from bot.background.slots import Slots
from bot.background.worker import Worker
from bot.conversation.altered_messages import AlteredMessages
from bot.conversation.approval_cards import ApprovalCards
from bot.conversation.approval_timers import ApprovalTimers
from bot.conversation.attention import Attention
from bot.conversation.budget_stops import BudgetStops
from bot.conversation.card_threads import CardThreads
from bot.conversation.closing import Closing
from bot.conversation.conversation import Conversation
from bot.conversation.decisions import Decisions
from bot.conversation.deleted_words import DeletedWords
from bot.conversation.delivery import Delivery
from bot.conversation.dispatch import Dispatch
from bot.conversation.eligibility import Eligibility
from bot.conversation.escalations import Escalations
from bot.conversation.home_page import Pages
from bot.conversation.homes import Homes
from bot.conversation.judging import Judging
from bot.conversation.made_before import MadeBefore
from bot.conversation.other_calls import OtherCalls
from bot.conversation.outcomes import Outcomes
from bot.conversation.previews import Previews
from bot.conversation.reading import Reading
from bot.conversation.remembering import Remembering
from bot.conversation.reminders import Reminders
from bot.conversation.requests import FloodLimits, Requests
from bot.conversation.resets import Resets
from bot.conversation.results import Results
from bot.conversation.run_workspaces import RunWorkspaces
from bot.conversation.runs import Runs, Services
from bot.conversation.second_look import SecondLook
from bot.conversation.slow_model import Patience
from bot.conversation.staffing import Staffing
from bot.conversation.steering import Steer
from bot.conversation.stranded import Stranded
from bot.conversation.strangers import Strangers
from bot.conversation.unseen_stops import Stops
from bot.conversation.usage_overview import UsageOverview
from bot.conversation.votes import Votes
from bot.conversation.withdrawals import Withdrawals
from bot.domain.clock import Clock
from bot.domain.slack_pace import SharedPace
from bot.domain.sources import Sources
from bot.sandbox.gate import Gate
from bot.settings.answer_masks import masks
from bot.settings.config import Settings
from bot.slack.approvers import Approvers
from bot.slack.client import Slack
from bot.slack.files import SlackFiles
from bot.slack.limiter import Limiter
from bot.slack.me import Me
from bot.slack.names import Names
from bot.slack.native_streams import Offer
from bot.slack.rate_limits import ALONG, BURST, KEPT
from bot.slack.said_before import SaidBefore
from bot.slack.thumbs import Kind, Thumbs
from bot.slack.web_client import web_client as client_for
from bot.store.allowances import Allowances, DailyLimits
from bot.store.budgets import Budgets
from bot.store.earlier_calls import EarlierCalls
from bot.store.inbox import Inbox
from bot.store.line import Line
from bot.store.next_messages import NextMessages
from bot.store.roster import Roster
from bot.store.slack_pace import RedisPace
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from bot.store.waiting import Waiting
from bot.store.workspaces import Workspaces
from bot.telemetry.tracing import Traces
from bot.wiring.connections import Connections
from bot.wiring.on_duty import OnDuty

#: Seconds for the bytes of a file on their way to Slack.
UPLOAD_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Serving:
    """Who serves, with what agents, what may keep it from that, by which clock, and where traces go."""

    me: Me
    engine: Engine
    on_duty: OnDuty
    notes: NoteTaker
    addressee: Addressee
    clock: Clock
    traces: Traces | None = None


def build_worker(
    settings: Settings,
    sources: Sources,
    connections: Connections,
    web_client: AsyncWebClient,
    serving: Serving,
) -> tuple[Worker, LongWaits]:
    """Put together what answers events, and what tells people that it takes long."""
    me, engine, keys, sealer = serving.me, serving.engine, settings.keys, connections.sealer
    limiter = slack_limiter(settings, connections.pace)
    counted: Any = {"access": connections.access, "metrics": connections.metrics}
    slack = Slack(web_client, limiter, me=me.user, **counted)
    inbox = Inbox(
        *(connections.redis, keys, sealer),
        dedupe_ttl=settings.dedupe_ttl,
        lease=settings.lease,
        blocking=connections.blocking,
        confirmation=connections.confirmation,
        expected=serving.clock.without_leaps,
    )
    threads = ThreadStore(connections.redis, keys, sealer)
    people = Approvers(slack, settings.approvers, clock=asyncio.get_running_loop().time)
    eligibility = Eligibility(people, threads)
    channels = settings.approval_channels
    approval_cards = ApprovalCards(slack, threads, eligibility, channels=channels, permalink=me.permalink)
    offer = None if settings.reply_stream == "edits" else Offer(gives_up=settings.reply_stream == "auto")
    delivery = Delivery(
        slack,
        limiter,
        threads,
        approval_cards,
        channels=channels,
        now=sources.now,
        thumbs=Thumbs(Kind(settings.feedback_buttons)),
        offer=offer,
    )
    waiting = Waiting(connections.redis, keys, threads)
    previews = Previews(engine.tools, connections.of_team)
    requests = Requests(
        threads,
        waiting,
        approval_ttl=settings.approval_ttl,
        limits=_flood_limits(settings),
        sources=sources,
        title=engine.tools.title,
        previews=previews,
    )
    judging = Judging(engine.tools, people, EarlierCalls(connections.redis, keys, sealer))
    closing = Closing(threads, requests, judging, sources.now)
    outcomes = Outcomes(requests, closing, sources.token)
    token, address = settings.slack_bot_token.get_secret_value(), settings.slack_api_base_url
    slow = client_for(token, base_url=address, session=connections.http, timeout=UPLOAD_TIMEOUT)
    files = SlackFiles(Slack(slow, limiter, me=me.user, **counted), slow, connections.http)
    workspaces = Workspaces(connections.redis, keys, sealer)
    run_workspaces = RunWorkspaces(workspaces, connections.sandboxes, files.fetch)
    gate = connections.sandboxes.host.gate if connections.sandboxes else Gate()
    made_before = MadeBefore(engine, threads, connections.made_under, sources.now)
    budgets = Budgets(connections.redis, keys, settings.budgets, lasts=LONGEST_REQUEST)
    allowances = _allowances(settings, connections.redis, sources.now)
    services = Services(
        connections.of_team,
        run_workspaces,
        Results(workspaces, files, gate),
        allowances,
        made_before,
        judging,
        Patience(*settings.patience),
        masks(settings),
        Steer(settings.steer),
        NextMessages(connections.redis, keys, sealer),
        _reading(slack, limiter, me, delivery),
        Attention(threads, delivery, serving.addressee, allowances, settings.thread_replies, (me.name,)),
        Escalations(engine.rises, settings.frontier_answers),
        BudgetStops(budgets, settings.budget_role, threads, engine, outcomes, run_workspaces),
    )
    second_look = SecondLook(previews, OtherCalls(judging, waiting).on_target, delivery)
    decisions = Decisions(
        *(threads, eligibility, engine, delivery, requests, second_look, judging, made_before), sources.now
    )
    homes = Homes(
        slack,
        Pages(
            threads,
            waiting,
            inbox,
            eligibility,
            UsageOverview(UsageBook(connections.redis, keys), eligibility, settings.usage_role, sources.now),
            permalink=me.permalink,
            now=sources.now,
        ),
        inbox,
        eligibility,
        sources.now,
    )
    reminders = Reminders(threads, approval_cards, people, delivery, sources.now)
    withdrawals = Withdrawals(slack, threads, delivery)
    runs = Runs(engine, threads, delivery, services, outcomes, sources.now)
    conversation = Conversation(
        threads,
        runs,
        outcomes,
        Remembering(threads, serving.notes, runs.daily_use, settings.history_tokens),
        Dispatch(
            decisions,
            ApprovalTimers(threads, decisions, approval_cards, reminders, made_before, sources.now),
            Resets(slack, threads, closing, workspaces),
            homes,
            Stranded(threads, closing),
            Stops(closing),
            Staffing(slack, threads, eligibility, approval_cards),
            withdrawals,
            AlteredMessages(threads, withdrawals, delivery),
            DeletedWords(threads),
            Strangers(delivery),
            Votes(delivery, services.escalations),
        ),
        homes,
        delivery,
        engine.tools.has,
        CardThreads(slack, threads, me.permalink),
        services.reading,
        services.attention,
    )
    times, duty = AnswerTimes(sources.ticks), serving.on_duty.duty
    slots = Slots(runs=settings.worker_concurrency, overtaking=settings.control_concurrency, times=times)
    starvation = serving.on_duty.starvation
    worker = Worker(
        inbox,
        threads,
        conversation,
        sources=sources,
        slots=slots,
        duty=duty,
        starvation=starvation,
        usage=UsageBook(connections.redis, keys),
        metrics=connections.metrics,
        budgets=budgets,
        traces=serving.traces,
    )
    return worker, LongWaits(
        Line(connections.redis, keys),
        inbox,
        slack,
        limiter,
        roster=Roster(connections.redis, keys, settings.lease).read,
        times=times,
        slots=slots,
        duty=duty,
        patience=settings.long_wait,
        sources=sources,
        is_for_us=services.attention.is_plain,
    )


def _reading(slack: Slack, limiter: Limiter, me: Me, delivery: Delivery) -> Reading:
    """What Slack is asked for so that a message is understood."""
    names = Names(slack, limiter.clock)
    return Reading(slack, names, SaidBefore(slack, names, me.installation), delivery.zones)


def slack_limiter(settings: Settings, shared: SharedPace) -> Limiter:
    """The pace of the calls to Slack."""
    clock = asyncio.get_running_loop().time
    return Limiter(
        clock=clock,
        sleep=asyncio.sleep,
        interval=settings.edit_interval_seconds,
        edits=settings.slack_edits_per_minute,
        posts=settings.slack_posts_per_minute,
        shared=shared,
    )


def shared_pace(settings: Settings, redis: Redis, sources: Sources) -> RedisPace:
    """What all replicas know together of the calls to Slack."""
    me, rates = sources.token(), {"burst": BURST, "kept": KEPT, "along": ALONG}
    return RedisPace(redis, settings.keys, replica=me, ticks=sources.ticks, **rates)


def _allowances(settings: Settings, redis: Redis, now: Callable[[], datetime]) -> Allowances:
    limits = DailyLimits(settings.messages_per_person_per_day, settings.tokens_per_person_per_day)
    return Allowances(redis, settings.keys, limits, now)


def _flood_limits(settings: Settings) -> FloodLimits:
    return FloodLimits(
        per_run=settings.pending_per_run,
        per_requester=settings.pending_per_requester,
        per_role=settings.pending_per_role,
    )
