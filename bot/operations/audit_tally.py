"""`countersign audit report`: what people decided, how often and how fast, as a table or as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.domain.tally import Count, Tally
from bot.operations.audit_report import opened, row, seen
from bot.settings.config import Settings

HEADINGS: Final = ("Workspace", "Person", "Tool", "Outcome", "Count", "Median time to decide")
COLUMNS: Final = ("workspace", "person", "tool", "outcome", "count", "median_seconds")


class Layout(StrEnum):
    """How the report is written."""

    TABLE = "table"
    CSV = "csv"


async def report(settings: Settings, tally: Tally, layout: Layout, say: Callable[[str], None]) -> bool:
    """Count the whole record and write what is meant of it; returns whether every entry could be opened.

    Raises `CannotStart` where Redis cannot be reached.
    """
    complete = True
    async with opened(settings) as (audit, teams):
        for team in teams:
            async for link in audit.links(team):
                if link is None:
                    complete = False
                else:
                    tally.read(link.entry)
    for line in drawn(tally.counts(), layout):
        say(line)
    return complete


def drawn(counts: Sequence[Count], layout: Layout) -> list[str]:
    """The lines of a report."""
    if layout is Layout.CSV:
        return [row(COLUMNS), *(row(_cells(one)) for one in counts)]
    if not counts:
        return ["Nothing was decided, as far as the record goes."]
    lines = [HEADINGS, *([seen(cell) for cell in _told(one)] for one in counts)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADINGS))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    shown.insert(1, "  ".join("-" * width for width in widths))
    return [line.rstrip() for line in shown]


def _cells(one: Count) -> tuple[str, ...]:
    seconds = "" if one.middle is None else f"{one.middle.total_seconds():.0f}"
    return (*_named(one), str(one.times), seconds)


def _told(one: Count) -> tuple[str, ...]:
    middle = "-" if one.middle is None else _long(one.middle)
    workspace, person, *rest = _named(one)
    return (workspace, person or "nobody", *rest, str(one.times), middle)


def _named(one: Count) -> tuple[str, ...]:
    return one.line.team, one.line.person, one.line.tool, one.line.outcome


def _long(time: timedelta) -> str:
    """Say how long to two figures that matter: 2 d 3 h, 4 h 5 min, 6 min 7 s."""
    seconds = max(round(time.total_seconds()), 0)
    for size, name, smaller, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{seconds // size} {name} {seconds % size // smaller} {part}"
    return f"{seconds} s"
