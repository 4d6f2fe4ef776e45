"""What waits is listed for those it waits for, also where an older version of the bot wrote it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from redis.exceptions import RedisError

from bot.store.waiting import Waiting
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks: at start, and while replicas of an older version may still serve beside this one.
BEAT: Final = 1800.0


async def keep_listed(waiting: Waiting, metrics: Metrics) -> None:
    """Look from time to time, until cancelled."""
    while True:
        with outliving(Loop.LISTS, metrics):
            try:
                await waiting.complete()
            except RedisError as error:
                log.warning("lists of what waits not completed", extra={"error": type(error).__name__})
        await asyncio.sleep(BEAT)
