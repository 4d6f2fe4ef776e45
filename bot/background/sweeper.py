"""Sandboxes that a dead replica left behind are ended, by whichever replica looks first."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from redis.exceptions import RedisError

from bot.sandbox.backend import Backend
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks.
BEAT: Final = 30.0


async def keep_swept(backend: Backend, metrics: Metrics) -> None:
    """Look from time to time, until cancelled."""
    while True:
        with outliving(Loop.SANDBOXES, metrics):
            try:
                if ended := await backend.sweep():
                    log.warning("left sandboxes ended", extra={"count": ended})
            except RedisError as error:
                log.warning("sandboxes not swept", extra={"error": type(error).__name__})
        await asyncio.sleep(BEAT)
