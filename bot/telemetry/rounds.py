"""A loop in the background outlives whatever one of its rounds ends in: that is logged by its kind, and counted."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics

log = logging.getLogger(__name__)


@contextmanager
def outliving(loop: Loop, metrics: Metrics) -> Generator[None]:
    """Let one round of a loop fail by what the loop has no name for; the next one comes when it would have come anyway.

    A cancellation passes. The pause between rounds stands outside of this block: else nothing would hold a loop back.
    """
    try:
        yield
    except Exception as error:
        # Were this the last round, nobody would do it any more for as long as the replica lives. What the error
        # says stays out of the log, for it may quote an address with its key; where it was raised says enough.
        kind, at = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(at.filename).name}:{at.lineno}"
        log.error("a round failed, for a reason of ours", extra={"loop": loop, "error": kind, "at": where})
        metrics.round_failed(loop)
