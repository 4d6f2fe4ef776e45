"""How long an event waits until it is tried again."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.domain.errors import NotConfirmed, SlackUnavailable

log = logging.getLogger(__name__)

#: After a failed try, in seconds: doubled each time, up to the last.
FIRST, LAST = 1.0, 30.0
#: For an effect whose beginning Redis did not confirm.
NOT_CONFIRMED = timedelta(seconds=5)


def seconds(tries: int) -> float:
    """How long it waits after so many tries that failed."""
    return min(FIRST * 2 ** (tries - 1), LAST)


def after(tries: int) -> timedelta:
    """The same as a span of time."""
    return timedelta(seconds=seconds(tries))


def pause(error: NotConfirmed | SlackUnavailable, tries: int) -> timedelta:
    """How long an event waits for what it needs; nobody is at fault."""
    if isinstance(error, NotConfirmed):
        log.error("redis has not confirmed the beginning of an effect; it waits")
        return NOT_CONFIRMED
    log.warning("slack not available", extra={"error": str(error)})
    return timedelta(seconds=max(error.retry_after, seconds(tries)))
