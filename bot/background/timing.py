"""On which clock the bot works; at the start, whether the others are near enough to it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from redis.asyncio import Redis

from bot.domain.clock import Clock, slack_off, too_far_off, written_at
from bot.domain.errors import CannotStart
from bot.domain.sources import Sources
from bot.domain.tasks import in_background
from bot.store.redis_clock import keep_measured, measure
from bot.telemetry.metrics import Metrics

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """An answer, and the ticks at which it was asked for and had come."""

    answer: T
    asked: float
    answered: float


async def timed(ticks: Callable[[], float], asking: Awaitable[T]) -> Timed[T]:
    """Await an answer and note when."""
    asked = ticks()
    return Timed(await asking, asked, ticks())


@dataclass(slots=True)
class Timing:
    """The clock that decides, and by how much Slack's is ahead of it: as it was measured last, less what Redis' has jumped since."""

    clock: Clock
    _measured: timedelta = timedelta(0)
    _jumped: timedelta = timedelta(0)

    @property
    def of_slack(self) -> timedelta:
        """By how much Slack's clock is ahead; less than nothing where it is behind."""
        return self._measured - (self.clock.jumped - self._jumped)

    def measured(self, headers: Timed[Mapping[str, str]]) -> None:
        """Take Slack's time from the headers of an answer; one without a `Date` that can be read says nothing."""
        if date := written_at(headers.answer):
            asked, answered = self.clock.at(headers.asked), self.clock.at(headers.answered)
            self._measured, self._jumped = slack_off(date, asked, answered), self.clock.jumped

    def slack_too_far_off(self, tolerance: timedelta) -> str:
        """Say that Slack's clock is too far from Redis'; empty where it is not."""
        return too_far_off("The clock of Slack", self.of_slack, tolerance)

    def now(self) -> datetime:
        """The present moment by Redis' clock."""
        return self.clock.now()

    def slack_now(self) -> datetime:
        """The present moment by Slack's clock, as early as it may be."""
        return self.clock.now() + self.of_slack


@asynccontextmanager
async def on_redis_time(
    redis: Redis,
    sources: Sources,
    headers: Timed[Mapping[str, str]],
    tolerance: timedelta,
    metrics: Metrics,
) -> AsyncGenerator[Timing]:
    """Tell Redis' time while the block runs. `headers` are those of an answer of Slack's.

    Raises `CannotStart` where the clock of this machine or of Slack is too far from it.
    """
    clock = Clock(sources.ticks, sources.now)
    await measure(redis, clock, sources.ticks)
    timing = Timing(clock)
    timing.measured(headers)
    own, of_slack = clock.off(), timing.of_slack
    log.info("clocks", extra={"own_off": own.total_seconds(), "slack_off": of_slack.total_seconds()})
    own_too_far = too_far_off("The clock of this machine", own, tolerance)
    if why := own_too_far or timing.slack_too_far_off(tolerance):
        raise CannotStart(why)
    async with in_background(keep_measured(redis, clock, sources.ticks, metrics)):
        yield timing
