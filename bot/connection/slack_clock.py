"""Slack's clock, measured again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, cast

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.background.timing import Timed, Timing, timed
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two measurements; `auth.test` may be called hundreds of times a minute
#: (https://docs.slack.dev/reference/methods/auth.test).
PAUSE: Final = 60.0


async def keep_measured(
    timing: Timing,
    ask: Callable[[], Awaitable[AsyncSlackResponse]],
    ticks: Callable[[], float],
    tolerance: timedelta,
    metrics: Metrics,
) -> None:
    """Ask Slack for anything from time to time and read its clock from the answer, until cancelled.

    Without an answer the last measurement stands. One that is too far from Redis' is said in the log: a
    replica would not start beside it.
    """
    while True:
        await asyncio.sleep(PAUSE)
        with outliving(Loop.SLACK_CLOCK, metrics):
            try:
                said = await timed(ticks, ask())
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                log.info("slack's clock not read", extra={"error": type(error).__name__})
                continue
            timing.measured(Timed(cast("Any", said.answer.headers), said.asked, said.answered))
            if why := timing.slack_too_far_off(tolerance):
                log.warning("clocks too far apart", extra={"reason": why})
