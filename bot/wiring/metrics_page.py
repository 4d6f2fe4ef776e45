"""What `/metrics` says: what a replica has counted, and what is read when somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.backlog import Backlog
from bot.settings.config import Settings
from bot.slack.token_access import Token
from bot.store import check
from bot.store.backlog import Backlogs
from bot.telemetry import health_server, measures
from bot.telemetry.metrics import Gauges, Metrics
from bot.wiring.readiness import Health

#: For so many seconds what was read is good for whoever asks next.
FRESH: Final = 5.0
#: Seconds for what is read; Prometheus gives up after ten: https://prometheus.io/docs/prometheus/latest/configuration/configuration
SLOWEST: Final = 2.0


def serving(
    settings: Settings,
    health: Health,
    metrics: Metrics,
    redis: Redis,
    tokens: Sequence[Token],
    ticks: Callable[[], float],
) -> AbstractAsyncContextManager[None]:
    """Serve what a supervisor and an operator ask of a replica, while the block runs."""
    page = MetricsPage(
        metrics,
        health,
        backlog=Backlogs(redis, settings.keys).read,
        persists=partial(check.persists, redis),
        tokens=tokens,
        ticks=ticks,
    )
    where = (settings.health_host, settings.health_port)
    return health_server.serving(*where, health.complaints, health.facts, page.show)


class MetricsPage:
    """Reads at most every few seconds, whoever asks. `ticks` are seconds that only go forward.

    Where Redis does not answer in time, what only Redis knows is left out.
    """

    def __init__(
        self,
        metrics: Metrics,
        health: Health,
        *,
        backlog: Callable[[], Awaitable[Backlog]],
        persists: Callable[[], Awaitable[bool]],
        tokens: Sequence[Token],
        ticks: Callable[[], float],
    ) -> None:
        self._metrics = metrics
        self._health = health
        self._backlog = backlog
        self._persists = persists
        self._tokens = tokens
        self._ticks = ticks
        self._gauges: Gauges = {}
        self._read_at = float("-inf")
        self._turn = asyncio.Lock()

    async def show(self, accept: str) -> tuple[bytes, str]:
        """The page in the form that an `Accept` header asks for, and its content type."""
        async with self._turn:
            if self._ticks() - self._read_at >= FRESH:
                self._gauges = {**self._of_replica(), **await self._of_redis()}
                self._read_at = self._ticks()
        return self._metrics.page(accept, self._gauges)

    def _of_replica(self) -> Gauges:
        timing = self._health.timing
        return {
            measures.REFUSED: {(token.name,): float(bool(token.refused)) for token in self._tokens},
            measures.CLOCK: {
                ("machine",): timing.clock.off().total_seconds(),
                ("slack",): timing.of_slack.total_seconds(),
            },
        }

    async def _of_redis(self) -> Gauges:
        """What takes asking; nothing of it is known where the answer does not come."""
        try:
            async with asyncio.timeout(SLOWEST):
                is_connected = await self._health.receiver.is_connected()
                is_ready = not await self._health.complaints()
                found = _of_backlog(await self._backlog())
                found[measures.PERSISTS] = {(): float(await self._persists())}
                found[measures.RECOVERING] = {(): float(await self._health.is_recovering())}
        except (RedisError, TimeoutError):
            return {measures.REDIS: {(): 0.0}, measures.READY: {(): 0.0}}
        is_up = {measures.REDIS: {(): 1.0}, measures.READY: {(): float(is_ready)}}
        return {**found, **is_up, measures.CONNECTED: {(): float(is_connected)}}


def _of_backlog(backlog: Backlog) -> dict[measures.Measure, dict[tuple[str, ...], float]]:
    lines = {band.name.lower(): line for band, line in backlog.lines.items()}
    undone = {"pending": backlog.pending, "approved": backlog.approved}
    return {
        measures.QUEUE: {(band,): line.threads for band, line in lines.items()},
        measures.QUEUE_AGE: {(band,): line.oldest for band, line in lines.items()},
        measures.APPROVALS: {
            (state, age): count for state, some in undone.items() for age, count in some.count.items()
        },
        measures.APPROVALS_AGE: {(state,): some.oldest for state, some in undone.items()},
        measures.QUESTIONS: {(): backlog.questions},
    }
