"""When a message was written, where its author is: what a model is told of the present day. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

#: No place on earth is further from UTC.
FURTHEST: Final = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class TimeZone:
    """A person's time zone as Slack tells of it: its name, and how far it is ahead of UTC now."""

    name: str
    ahead: timedelta


def time_zone(name: str, seconds: int) -> TimeZone | None:
    """Read Slack's `tz` and `tz_offset`; None where they make no sense.

    https://docs.slack.dev/reference/objects/user-object
    """
    ahead = timedelta(seconds=seconds)
    is_name = 0 < len(name) <= 40 and all(part.isascii() and part.isprintable() for part in name)
    return TimeZone(name, ahead) if is_name and abs(ahead) <= FURTHEST and "]" not in name else None


def sent(text: str, at: datetime, zone: TimeZone | None) -> str:
    """What a model reads of a message: when it was written, then its words.

    It stands in the message, and stays in it: instructions that name the day would be others every day, and nothing
    behind them could come from a server's cache.
    """
    local = at.astimezone(UTC) + (zone.ahead if zone else timedelta())
    where = f"{zone.name}, {_ahead(zone.ahead)}" if zone else "UTC"
    return f"[Sent on {local:%A}, {local.day} {local:%B %Y} at {local:%H:%M} ({where})]\n{text}"


def _ahead(ahead: timedelta) -> str:
    minutes = int(ahead / timedelta(minutes=1))
    return f"UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"
