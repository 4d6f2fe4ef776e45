"""`python -m bench.load`: many people ask at once in many threads; who is answered when.

A small copy of a large load: everything is divided by some twenty, so that it fits two cores. Four people write
600 messages within seconds, in 50 threads of two channels, to two bots with eight slots each; the model thinks for
two seconds before each of its answers. Meanwhile somebody who is quiet asks four times, and what they wait is compared with the
same of bots that have nothing else to do. Slack's stand-in counts no calls.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.store import client
from devkit.slack.workspace import ANA, GUS, MEI, OMAR, Message
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import SUPPORT, THEO, World, world

BOTS, SLOTS = 2, 8
#: Messages in each of the threads, and who writes them in turns; the quiet person is another.
THREADS, EACH = 50, 12
PEOPLE: Final = (ANA, OMAR, MEI, GUS)
CHANNELS: Final = (SUPPORT, "C0GENERAL1")
#: Seconds that the model thinks; questions of the quiet person.
THINKS, QUESTIONS = 2.0, 4
PATIENCE: Final = 500


@asynccontextmanager
async def some_bots(server: RedisServer) -> AsyncGenerator[World]:
    """A world with two bots in it."""
    async with client.connect(server.url) as redis:
        await redis.execute_command("FLUSHALL")
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url, strict_pace=False) as around:
            around.model.thinks = THINKS
            bots = Bots(around, Path(logs))
            try:
                for _ in range(BOTS):
                    await bots.start("--policy", "none", LEASE_SECONDS="15", WORKER_CONCURRENCY=str(SLOTS))
                yield around
            finally:
                await bots.stop()


def answers(around: World, channel: str, thread: str) -> list[Message]:
    """The answers that have begun, in a thread."""
    return [message for message in around.replies(thread, channel) if "Hazel & Co" in message.shown]


async def question(around: World) -> float:
    """Seconds until somebody who is quiet has the first word of an answer."""
    start = time.perf_counter()
    thread = await around.asks("show me INV-1005", user=THEO)
    await around.slack.until(
        lambda: any("Rowan Freight" in message.shown for message in around.replies(thread)), timeout=PATIENCE
    )
    return time.perf_counter() - start


async def write_all(around: World) -> list[tuple[str, str]]:
    """Write every message of the load; returns the threads with their channels."""
    threads: list[tuple[str, str]] = []
    for number in range(THREADS * EACH):
        at = number % THREADS
        user, thread = PEOPLE[at % len(PEOPLE)], threads[at][1] if number >= THREADS else None
        channel = CHANNELS[at // len(PEOPLE) % len(CHANNELS)] if user != GUS else SUPPORT
        ts = await around.asks("show me INV-1003", user=user, channel=channel, thread=thread)
        threads += [] if thread else [(channel, ts)]
        await asyncio.sleep(0)
    return threads


async def watch(around: World, threads: list[tuple[str, str]]) -> tuple[list[float], float]:
    """Seconds until each thread has the first word of its first answer, and until one has that of its third."""
    start = time.perf_counter()
    first: dict[str, float] = {}
    third = float("inf")

    def look() -> bool:
        nonlocal third
        for channel, thread in threads:
            count = len(answers(around, channel, thread))
            if count:
                first.setdefault(thread, time.perf_counter() - start)
            if count > 2:
                third = min(third, time.perf_counter() - start)
        return len(first) == len(threads) and third < float("inf")

    await around.slack.until(look, timeout=PATIENCE)
    return sorted(first.values()), third


async def asks_now_and_then(around: World) -> list[float]:
    """What the quiet person waits, for one question after the other."""
    return [await question(around) for _ in range(QUESTIONS)]


async def main() -> int:
    """Measure and print; 1 where a thread was answered for the third time before another for the first."""
    logging.disable(logging.CRITICAL)
    server = RedisServer()
    server.start()
    try:
        async with some_bots(server) as around:
            idle = await asks_now_and_then(around)
            threads = await write_all(around)
            (first, third), busy = await asyncio.gather(watch(around, threads), asks_now_and_then(around))
    finally:
        server.remove()
    print(
        f"{THREADS * EACH} messages of {len(PEOPLE)} people in {THREADS} threads, {BOTS} bots of {SLOTS} slots"
    )
    print(
        f"  every thread has its first word after {first[-1]:6.1f} s (half of them {first[len(first) // 2]:.1f})"
    )
    print(f"  the first one has its third after       {third:6.1f} s")
    print(f"  a quiet person waits {statistics.median(busy):.1f} s (at most {max(busy):.1f}); ", end="")
    print(f"of idle bots {statistics.median(idle):.1f} s (at most {max(idle):.1f})")
    return int(first[-1] > third)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
