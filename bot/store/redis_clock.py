"""Redis' clock, measured again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.clock import Clock
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two measurements: a machine that slept is wrong for no longer.
PAUSE: Final = 5.0


async def measure(redis: Redis, clock: Clock, ticks: Callable[[], float]) -> None:
    """Ask Redis for the time once. Raises `RedisError`."""
    asked = ticks()
    seconds, micros = await redis.time()
    clock.measured(asked, datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros), ticks())


async def keep_measured(redis: Redis, clock: Clock, ticks: Callable[[], float], metrics: Metrics) -> None:
    """Ask again every few seconds, until cancelled; without an answer the ticks go on alone."""
    while True:
        await asyncio.sleep(PAUSE)
        with outliving(Loop.REDIS_CLOCK, metrics):
            try:
                await measure(redis, clock, ticks)
            except RedisError as error:
                log.warning("redis time not read", extra={"error": type(error).__name__})
