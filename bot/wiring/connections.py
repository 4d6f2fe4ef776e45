"""The clients that the parts of a replica share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
from redis.asyncio import Redis

from bot.agents.tools.made_under import MadeUnder
from bot.domain.slack_pace import SharedPace
from bot.sandbox.backend import Backend
from bot.slack.token_access import Access
from bot.store.confirmation import Confirmation
from bot.store.sealer import Sealer
from bot.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Connections:
    """What leads to Redis, to Slack and to the services behind tools, made once."""

    redis: Redis
    blocking: Redis
    http: aiohttp.ClientSession
    sealer: Sealer
    sandboxes: Backend | None
    confirmation: Confirmation
    access: Access
    made_under: MadeUnder
    of_team: Any
    pace: SharedPace
    metrics: Metrics
