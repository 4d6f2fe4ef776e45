"""How long something takes or is left, in words. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: From so many minutes on a time is told in hours, and from so many hours on in days and hours.
_MINUTES: Final = 120
_HOURS: Final = 96


def duration(time: timedelta) -> str:
    """Say how long: to the nearest minute, hour or, beyond four days, the nearest hour beside the days.

    Three days less a second are 72 hours, not two days: nobody is to think that a day less is left.
    """
    minutes = round(time / timedelta(minutes=1))
    if minutes < 1:
        return "less than a minute"
    if minutes < _MINUTES:
        return _count(minutes, "minute")
    hours = round(time / timedelta(hours=1))
    if hours <= _HOURS:
        return _count(hours, "hour")
    days, rest = divmod(hours, 24)
    return f"{_count(days, 'day')} {_count(rest, 'hour')}" if rest else _count(days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
