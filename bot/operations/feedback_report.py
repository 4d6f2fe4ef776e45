"""`countersign feedback`: what people thought of the answers of each agent, as a table or as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from redis.exceptions import RedisError

from bot.domain.errors import CannotStart
from bot.domain.feedback import KEPT, Opinion, Vote, opinions
from bot.operations.audit_report import row, seen
from bot.operations.audit_tally import Layout
from bot.settings.config import Settings
from bot.store import client
from bot.store.feedback import Feedback
from bot.store.sealer import Sealer

HEADINGS: Final = ("Workspace", "Agent", "Helped", "Did not help", "Helped of all")
COLUMNS: Final = ("workspace", "agent", "up", "down")


async def report(
    settings: Settings, since: datetime | None, layout: Layout, say: Callable[[str], None]
) -> bool:
    """Count the votes and write what is meant of them; returns whether each could be opened.

    Raises `CannotStart` where Redis cannot be reached.
    """
    votes: list[Vote] = []
    complete = True
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        sealer = Sealer(settings.state_key_list, read_unbound=settings.read_unbound_seals)
        try:
            async for vote in Feedback(redis, settings.keys, sealer).votes():
                complete = complete and vote is not None
                votes += [vote] if vote is not None else []
        except (RedisError, OSError):
            raise CannotStart("Redis could not be reached at REDIS_URL.") from None
    for line in drawn(opinions(votes, since), layout):
        say(line)
    return complete


def drawn(counts: Sequence[Opinion], layout: Layout) -> list[str]:
    """The lines of a report."""
    if layout is Layout.CSV:
        return [row(COLUMNS), *(row((one.team, one.agent, str(one.up), str(one.down))) for one in counts)]
    if not counts:
        return [f"Nobody has pressed a thumb in this time. Votes are kept for {KEPT.days} days."]
    lines = [HEADINGS, *(_told(one) for one in counts)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADINGS))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    shown.insert(1, "  ".join("-" * width for width in widths))
    return [line.rstrip() for line in shown]


def _told(one: Opinion) -> tuple[str, ...]:
    return (seen(one.team), seen(one.agent), str(one.up), str(one.down), f"{one.share:.0%}")
