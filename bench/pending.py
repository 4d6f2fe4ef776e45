"""`python -m bench.pending`: whether Home and clicks take longer where 10,000 approvals wait.

A real process with the demo's settings and a model that answers at once. One approver clicks Approve on card after card,
until the card shows it, and opens Home, until it is published; first with nothing else waiting, then with 10,000 more
approvals of the same role, written as the bot writes them. Both in one run, on the same bot and Redis.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bench.flood import a_bot, click, waiting_refunds
from bot.domain.approvals.requirement import Requirement
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from devkit.slack.workspace import Message
from tests.factories import NOON, an_approval
from tests.redis_server import RedisServer
from tests.world import MEI, OMAR, TEAM, World

ROUNDS: Final = 3
#: Approvals that wait besides those that are clicked.
PENDING: Final = 10_000
#: Clicks and views of Home in each round, without them and with them.
PROBES: Final = 8
#: How many are written in one go.
BATCH: Final = 500


async def timed(work: Awaitable[object]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def open_home(around: World) -> None:
    """Open Home, until the bot has published it."""

    def published() -> int:
        return sum(call.method == "views.publish" for call in around.slack.calls)

    before = published()
    await around.slack.opens_home(OMAR)
    await around.slack.until(lambda: published() > before)


async def fill(around: World) -> None:
    """Write the approvals, older than those that are clicked, in threads of their own."""
    sealer, keys = Sealer([around.key]), around.keys
    async with client.connect(around.redis_url) as redis:
        for start in range(0, PENDING, BATCH):
            async with redis.pipeline(transaction=False) as pipeline:
                for number in range(start, start + BATCH):
                    thread = ThreadRef(TEAM, "C0ELSEWHERE", f"1700000000.{number:06d}")
                    approval = replace(
                        an_approval(),
                        id=f"{keys.shard(thread):02d}-other{number}",
                        thread=thread,
                        requester=MEI,
                        authors=(MEI,),
                        requirements=(Requirement("finance", "Refunds over 20.00 need finance."),),
                        requested_at=NOON + timedelta(seconds=number),
                    )
                    for command in Writes().approval(approval).commands(keys, sealer, thread):
                        pipeline.execute_command(command.name, command.key, *command.arguments)
                await pipeline.execute()


async def probe(around: World, cards: Sequence[Message], clicks: list[float], homes: list[float]) -> None:
    """Click and look, in turns."""
    for card in cards:
        clicks.append(await timed(click(around, card)))
        homes.append(await timed(open_home(around)))


async def one_round(server: RedisServer, few: Sequence[list[float]], many: Sequence[list[float]]) -> None:
    """Measure one bot, before and after."""
    async with a_bot(server, pace=False) as around:
        cards = await waiting_refunds(around, 2 * PROBES)
        await open_home(around)
        await probe(around, cards[:PROBES], *few)
        await fill(around)
        await open_home(around)
        if " more. " not in around.slack.home_text(OMAR):
            raise RuntimeError("Home does not say that more waits")
        await probe(around, cards[PROBES:], *many)


def line(name: str, few: Sequence[float], many: Sequence[float]) -> str:
    """The figures of one kind of wait, in seconds."""
    figures: Callable[[Sequence[float]], str] = lambda waits: (
        f"{statistics.median(waits):6.3f} {max(waits):6.3f}"
    )
    ratio = statistics.median(many) / statistics.median(few)
    return f"  {name:34} {figures(few)}   {figures(many)}   {ratio:5.1f}"


async def main() -> int:
    """Measure and print; 1 where either takes twice as long, which is more than one run differs from another."""
    logging.disable(logging.CRITICAL)
    server = RedisServer()
    server.start()
    few: tuple[list[float], list[float]] = ([], [])
    many: tuple[list[float], list[float]] = ([], [])
    try:
        for _ in range(ROUNDS):
            await one_round(server, few, many)
    finally:
        server.remove()
    print(f"while {PENDING:,} approvals wait, {ROUNDS} rounds")
    print(f"  {'seconds':34} {'none, med  max':13}   {'many, med  max':13}   ratio of medians")
    print(line("a click, until the card shows it", few[0], many[0]))
    print(line("Home, until it is published", few[1], many[1]))
    return int(
        any(
            statistics.median(after) > 2 * statistics.median(before)
            for before, after in zip(few, many, strict=True)
        )
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
