"""`countersign usage`: what requests of models used, added up by person, channel, thread, agent, model, kind or day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from redis.exceptions import RedisError

from bot.domain.errors import CannotStart
from bot.domain.usage import Dimension, Usage, day_of, total
from bot.operations.audit_report import row, seen
from bot.settings.config import Settings
from bot.store import client
from bot.store.usage import UsageBook
from bot.store.writes import USAGE_KEPT

#: How many days are added up where nobody says which.
USUAL: Final = timedelta(days=30)
COLUMNS: Final = ("requests", "input", "cached", "output", "reasoning", "dollars", "unpriced", "untold")
#: What a line without a name is called: names that had no room in their day.
OTHERS: Final = "(others)"


class By(StrEnum):
    """By what it is added up."""

    PERSON = Dimension.PERSON.value
    CHANNEL = Dimension.CHANNEL.value
    THREAD = Dimension.THREAD.value
    AGENT = Dimension.AGENT.value
    MODEL = Dimension.MODEL.value
    KIND = Dimension.KIND.value
    DAY = "day"


class Layout(StrEnum):
    """How it is written."""

    TABLE = "table"
    CSV = "csv"


async def report(
    settings: Settings,
    by: By,
    since: datetime | None,
    until: datetime | None,
    written_as: Layout,
    say: Callable[[str], None],
) -> bool:
    """Write one line for each name, the dearest first; days in their order. `until` is exclusive.

    Raises `CannotStart` where Redis cannot be reached.
    """
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        try:
            book = UsageBook(redis, settings.keys)
            seconds, _ = await redis.time()
            days = _days(since, until, datetime.fromtimestamp(int(seconds), UTC))
            lines = await _lines(book, by, days)
        except (RedisError, OSError):
            raise CannotStart("Redis could not be reached at REDIS_URL.") from None
    write = _csv if written_as is Layout.CSV else _table
    for line in write(by, lines):
        say(line)
    return True


def _days(since: datetime | None, until: datetime | None, now: datetime) -> Sequence[int]:
    """The days that are kept of those that are wanted."""
    first = max(since or now - USUAL, now - USAGE_KEPT)
    behind = day_of(now) + 1
    return range(day_of(first), min(day_of(until), behind) if until else behind)


async def _lines(book: UsageBook, by: By, days: Sequence[int]) -> Mapping[str, Usage]:
    if by is not By.DAY:
        found = await book.lines(Dimension(by.value), days)
        return dict(sorted(found.items(), key=lambda one: (-one[1].cost, -one[1].tokens.input, one[0])))
    of_days = {day: total((await book.lines(Dimension.KIND, [day])).values()) for day in days}
    return {_date(day): usage for day, usage in of_days.items() if usage.requests}


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def _cells(usage: Usage, figure: str, cost: str) -> tuple[str, ...]:
    tokens = usage.tokens
    told = (usage.requests, tokens.input, tokens.cached, tokens.output, tokens.reasoning)
    rest = (usage.unpriced, usage.untold)
    return (
        *(format(one, figure) for one in told),
        format(usage.cost, cost),
        *(format(one, figure) for one in rest),
    )


def _exact(usage: Usage) -> tuple[str, ...]:
    """For programs: every figure as it is on the books."""
    return _cells(usage, "d", "f")


def _read(usage: Usage) -> tuple[str, ...]:
    """For people: to a hundredth of a cent."""
    return _cells(usage, ",", ",.4f")


def _csv(by: By, lines: Mapping[str, Usage]) -> list[str]:
    return [
        row((by.value, *COLUMNS)),
        *(row((name or OTHERS, *_exact(usage))) for name, usage in lines.items()),
    ]


def _table(by: By, lines: Mapping[str, Usage]) -> list[str]:
    if not lines:
        return ["No requests of models are on the books for these days."]
    whole = total(lines.values())
    rows = [
        (by.value, *COLUMNS),
        *((seen(name or OTHERS), *_read(usage)) for name, usage in lines.items()),
        ("all", *_read(whole)),
    ]
    width = [max(len(cells[at]) for cells in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            [cells[0].ljust(width[0]), *(c.rjust(w) for c, w in zip(cells[1:], width[1:], strict=True))]
        )
        for cells in rows
    ]
