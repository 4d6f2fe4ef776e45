"""The parts that look behind a gap, put together."""

from __future__ import annotations

import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from bot.background.timing import Timing
from bot.connection.backfill import Backfill
from bot.connection.lost_cards import LostCards
from bot.connection.orphans import Orphans
from bot.domain.sources import Sources
from bot.handlers.intake import Intake
from bot.handlers.places import Places
from bot.settings.config import Settings
from bot.slack.client import Slack
from bot.slack.history_budget import Budget
from bot.slack.limiter import Limiter
from bot.slack.me import Me
from bot.store.epoch import Epoch
from bot.store.follow_ups import FollowUps
from bot.store.hearing import Hearing
from bot.store.inbox import Inbox
from bot.store.roster import Roster
from bot.store.threads import ThreadStore
from bot.wiring.connections import Connections

#: How long back-fill waits where Slack asks it to, in seconds: begun anew, it would never end.
BUSY_HISTORY = 120.0


def looking_back(
    settings: Settings,
    sources: Sources,
    connections: Connections,
    web_client: AsyncWebClient,
    me: Me,
    timing: Timing,
) -> Backfill:
    """Make what fills gaps, closes lost replies and retires lost cards."""
    redis, sealer = connections.redis, connections.sealer
    keys, clock = settings.keys, asyncio.get_running_loop().time
    patient = Limiter(clock=clock, sleep=asyncio.sleep, patience=BUSY_HISTORY, shared=connections.pace)
    slack = Slack(
        web_client,
        patient,
        me=me.user,
        access=connections.access,
        budget=Budget(clock, asyncio.sleep),
        metrics=connections.metrics,
    )
    inbox = Inbox(redis, keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
    follow_ups, threads = FollowUps(redis, keys), ThreadStore(redis, keys, sealer)
    epoch = Epoch(redis, keys)
    places = Places(me.team, inbox, settings.dm_memory, Roster(redis, keys, settings.lease).read)
    return Backfill(
        slack,
        Intake(inbox, threads, me, {}, sources.now, follow_ups, places=places),
        Hearing(redis, keys),
        follow_ups,
        epoch,
        Orphans(slack, patient, inbox, threads),
        LostCards(slack, threads, inbox, connections.made_under, epoch),
        replica=sources.token(),
        longest_gap=settings.backfill_after,
        clock=clock,
        of_slack=lambda: timing.of_slack,
        metrics=connections.metrics,
    )
