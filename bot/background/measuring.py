"""How long a worker has an event, and how that ends, as far as an operator counts it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from bot.domain.errors import LeaseLost
from bot.store.claim import Claim
from bot.telemetry.metrics import Metrics


@contextmanager
def measured(metrics: Metrics, claim: Claim, ticks: Callable[[], float]) -> Generator[None]:
    """Count a claim and what becomes of it in the block. `ticks` are seconds that only go forward."""
    began = ticks()
    metrics.claimed(claim.tries)
    try:
        yield
    except LeaseLost:
        metrics.lost_lease()
        raise
    finally:
        metrics.worked(claim.event, ticks() - began)
