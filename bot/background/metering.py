"""What requests of models use while a worker has a thread: written with its commits, or here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from redis.exceptions import RedisError

from bot.domain.meter import PRESENT, Meter
from bot.domain.sources import Sources
from bot.domain.thread import ThreadRef
from bot.store.budgets import Budgets, ClaimPurse
from bot.store.usage import UsageBook
from bot.telemetry.metrics import Metrics


@asynccontextmanager
async def metered(
    usage: UsageBook,
    sources: Sources,
    thread: ThreadRef,
    metrics: Metrics | None = None,
    budgets: Budgets | None = None,
) -> AsyncGenerator[None]:
    """Count the requests that the body makes. What no commit wrote was used all the same, and is added at the end.

    So it is where the thread was lost, handed over, or its event put off; a process that dies has nobody to say it.
    """
    meter = Meter(sources, ClaimPurse(budgets) if budgets is not None and budgets.are_set else None)
    PRESENT.set(meter)
    try:
        yield
    finally:
        if rest := meter.rest():
            with contextlib.suppress(RedisError):
                await usage.add(thread, rest)
            if metrics is not None:
                metrics.spent(rest)
