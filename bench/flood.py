"""`python -m bench.flood`: how long others wait while one person floods the bot with 500 messages.

A real process with the demo's settings and a model that answers at once. While the flood waits, one
approver after the other clicks Approve, until the card shows the decision, and another person asks in a
new thread, until the first word of the answer. The same is measured before, of the bot without a flood.

The stand-in for Slack counts no calls in these rounds: they show what the bot itself adds. With `--pace` it
does in one more, and refuses what is above Slack's own rates (fifty edits a minute in all, one post a second in
each channel); the others then leave some seconds between what they do, which is within these.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.store import client
from devkit.slack.workspace import Message
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import ANA, MEI, OMAR, THEO, World, world

ROUNDS: Final = 3
#: Messages of the flood, and the threads they are in.
MESSAGES, THREADS = 500, 250
#: Where the refunds wait that are clicked; the flood is in `SUPPORT`.
GENERAL: Final = "C0GENERAL1"
#: Clicks and first messages of others in each round, without the flood and with it.
PROBES: Final = 8
#: The longest a click may take at the median, in seconds.
GOAL: Final = 1.0
PATIENCE: Final = 300
#: A quiet minute of Slack's, in seconds: the calls before it count no more.
MINUTE: Final = 60
#: Seconds between what the others do, where calls are counted.
BETWEEN: Final = 8


@dataclass(slots=True)
class Waits:
    """Seconds that each click and each first word took."""

    clicks: list[float] = field(default_factory=list[float])
    words: list[float] = field(default_factory=list[float])


async def timed(work: Awaitable[None]) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def waiting_refunds(around: World, count: int) -> list[Message]:
    """Cards of so many refunds that wait for a person."""
    asked = [await around.asks("refund $29 on INV-1003", user=MEI, channel=GENERAL) for _ in range(count)]
    for thread in asked:
        await around.slack.until(lambda thread=thread: around.cards(thread, GENERAL), timeout=PATIENCE)
    return [around.cards(thread, GENERAL)[0] for thread in asked]


async def click(around: World, card: Message) -> None:
    """Approve, again where Slack says that the bot did not answer, and wait until the card shows it."""
    while not await around.approves(OMAR, card):
        pass
    await around.slack.until(lambda: "Approved" in card.shown, timeout=PATIENCE)


async def first_word(around: World) -> None:
    """Ask in a new thread, and wait for the first word of the answer."""
    thread = await around.asks("show me INV-1005", user=THEO)
    await around.slack.until(
        lambda: any("Rowan Freight" in message.shown for message in around.replies(thread)),
        timeout=PATIENCE,
    )


async def probe(around: World, cards: Sequence[Message], waits: Waits, between: float) -> None:
    """Let the others click and ask, in turns."""
    for card in cards:
        await asyncio.sleep(between)
        waits.clicks.append(await timed(click(around, card)))
        waits.words.append(await timed(first_word(around)))


async def flood(around: World) -> list[str]:
    """Write all messages of the flood as fast as Slack takes them; the threads they are in."""
    threads: list[str] = []
    for number in range(MESSAGES):
        thread = threads[number - THREADS] if number >= THREADS else None
        at = await around.asks("show me INV-1003", user=ANA, thread=thread)
        threads += [] if thread else [at]
    return threads


@asynccontextmanager
async def a_bot(server: RedisServer, *, pace: bool) -> AsyncGenerator[World]:
    """A world of its own with a bot in it, as the demo has them."""
    async with client.connect(server.url) as redis:
        await redis.execute_command("FLUSHALL")
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url, strict_pace=pace) as around:
            bots = Bots(around, Path(logs))
            await bots.start("--policy", "none", LEASE_SECONDS="5", EDIT_INTERVAL_SECONDS="1.0")
            try:
                yield around
            finally:
                await bots.stop()


async def one_round(server: RedisServer, idle: Waits, flooded: Waits, *, pace: bool = False) -> None:
    """Measure a new bot, first without a flood, then with one."""
    async with a_bot(server, pace=pace) as around:
        cards = await waiting_refunds(around, 2 * PROBES)
        await asyncio.sleep(MINUTE if pace else 0)
        await probe(around, cards[:PROBES], idle, between := BETWEEN if pace else 0)
        threads = await flood(around)
        await probe(around, cards[PROBES:], flooded, between)
        answered = sum(len(around.done(thread)) for thread in threads)
    if answered >= MESSAGES:
        raise RuntimeError("the flood was over before everybody else was served")
    print(f"  ({answered} of {MESSAGES} messages of the flood were answered in the meantime)", flush=True)


def line(name: str, idle: Sequence[float], flooded: Sequence[float]) -> str:
    """The figures of one kind of wait, in seconds."""

    def figures(waits: Sequence[float]) -> str:
        p95 = statistics.quantiles(waits, n=20, method="inclusive")[-1]
        return f"{statistics.median(waits):6.2f} {p95:6.2f} {max(waits):6.2f}"

    ratio = statistics.median(flooded) / statistics.median(idle)
    return f"  {name:34} {figures(idle)}   {figures(flooded)}   {ratio:5.1f}"


def show(title: str, idle: Waits, flooded: Waits) -> None:
    """Print what was measured."""
    print(f"{title}\n  {'':34} {'without the flood':20}   {'with it':20}   ratio")
    print(f"  {'seconds':34} {'median    p95    max':20}   {'median    p95    max':20}   of medians")
    print(line("a click, until the card shows it", idle.clicks, flooded.clicks))
    print(line("a new thread, until the first word", idle.words, flooded.words), flush=True)


async def main() -> int:
    """Measure and print; 1 where a click takes longer than it may."""
    logging.disable(logging.CRITICAL)
    server = RedisServer()
    server.start()
    unpaced, paced = (Waits(), Waits()), (Waits(), Waits())
    try:
        for _ in range(ROUNDS):
            await one_round(server, *unpaced)
        show(f"while one person floods {MESSAGES} messages, {ROUNDS} rounds", *unpaced)
        if "--pace" in sys.argv[1:]:
            await one_round(server, *paced, pace=True)
            show("the same at Slack's own rates, one round", *paced)
    finally:
        server.remove()
    return int(statistics.median(unpaced[1].clicks) > GOAL)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
