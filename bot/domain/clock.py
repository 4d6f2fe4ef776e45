"""The one clock that decides: Redis', told between two measurements by this machine's steady ticks.

What this machine takes for the time of day decides nothing. It may be wrong, and it may jump.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

log = logging.getLogger(__name__)

#: Steps back up to here are waited out, so that time never goes back; longer ones are followed.
SMALL: Final = timedelta(seconds=1)


class Clock:
    """Tells Redis' time. `ticks` are seconds that only ever go forward, `own` is this machine's time of day.

    Every measurement gives two bounds between which Redis' time must lie; the estimate is moved no
    further than into them, so a slow answer never makes it worse.
    """

    def __init__(self, ticks: Callable[[], float], own: Callable[[], datetime]) -> None:
        self._ticks = ticks
        self._own = own
        self._began = own() - timedelta(seconds=ticks())
        self._told = self.at(ticks())
        self._is_measured = False
        #: How far Redis' clock has jumped since it was measured first, which no other clock did with it.
        self.jumped = timedelta(0)
        #: Those ahead, each with the ticks at which it was seen.
        self._leaps: list[tuple[float, timedelta]] = []

    def now(self) -> datetime:
        """The present moment by Redis' clock; this machine's until it was measured."""
        moment = self.at(self._ticks())
        if timedelta(0) < self._told - moment <= SMALL:
            return self._told
        self._told = moment
        return moment

    def measured(self, asked: float, theirs: datetime, answered: float) -> None:
        """Note what Redis' clock showed between two ticks: when it was asked, and when it had answered."""
        earliest, latest = theirs, theirs + timedelta(seconds=answered - asked)
        before = self.at(answered)
        if self._is_measured:
            moment = min(max(before, earliest), latest)
        else:
            moment = earliest + (latest - earliest) / 2
        step = moment - before
        if self._is_measured and abs(step) > SMALL:
            log.warning("redis clock jumped", extra={"seconds": step.total_seconds()})
            self.jumped += step
            self._leaps.append((answered, max(step, timedelta(0))))
        self._began += step
        self._is_measured = True

    def without_leaps(self, of: timedelta) -> datetime:
        """The present moment, had Redis' clock not leapt ahead of late, in the last so many seconds."""
        since = self._ticks() - of.total_seconds()
        self._leaps = [(seen, leap) for seen, leap in self._leaps if seen > since]
        return self.now() - sum((leap for _, leap in self._leaps), timedelta(0))

    def off(self) -> timedelta:
        """By how much this machine's time of day is ahead; less than nothing where it is behind."""
        return self._own() - self.at(self._ticks())

    def at(self, ticks: float) -> datetime:
        """The moment of some ticks, which may be over."""
        return self._began + timedelta(seconds=ticks)


def too_far_off(whose: str, off: timedelta, tolerance: timedelta) -> str:
    """Say that a clock is too far from Redis'; empty where it is not."""
    if abs(off) <= tolerance:
        return ""
    ahead = "ahead of" if off > timedelta(0) else "behind"
    return (
        f"{whose} is {abs(off).total_seconds():.0f} seconds {ahead} the clock of Redis, more than "
        "CLOCK_TOLERANCE_SECONDS allows. Set whichever is wrong; Redis' is the one that decides."
    )


def slack_off(date: datetime, asked: datetime, answered: datetime) -> timedelta:
    """By how much Slack's clock is ahead of Redis', by an answer's `Date`: nothing where that may be.

    The header has whole seconds, and was written at some moment between the two of Redis' clock. Else
    it is the least that it can be: what is given Slack's time is rather taken for earlier, so that a reset
    never swallows what was written after it.
    """
    may_agree = date <= answered and asked <= date + timedelta(seconds=1)
    return timedelta(0) if may_agree else date - answered


def written_at(headers: Mapping[str, str]) -> datetime | None:
    """Read an answer's `Date`; None where there is none that can be read."""
    told = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        read = parsedate_to_datetime(told)
    except ValueError:
        return None
    return read if read.tzinfo is not None else None
