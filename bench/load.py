"""`python -m bench.load`: many people ask at once in many threads; who is answered when.

Without arguments a twentieth of the full size, which fits two cores: 600 messages in three seconds, in 50 threads of ten
people, to two bots of eight slots. With `--full` 12,000 messages in a minute, in 500 threads of a hundred people, to two bots
of 50 slots. The model thinks for two seconds before each of its answers, three of them for a question. Meanwhile somebody
who is quiet asks again and again in the same channel, and what they wait is compared with the same of bots that have nothing else to do. Then
eight threads keep one bot of eight slots busy, and somebody else asks.

Slack's stand-in counts no calls; with `--pace` it refuses what is above Slack's own rates.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.crowd import Answers, gather, has_words, write_all
from bot.store import client
from devkit.slack.server import GLANCE
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import THEO, World, world

#: Seconds that the model thinks; by how much the quiet person may wait longer than of idle bots: two calls of it.
THINKS: Final = 2.0
MAY_WAIT: Final = 2 * THINKS
#: Questions of the quiet person without the load, and with eight busy threads.
QUESTIONS: Final = 4
#: Seconds after which threads without a first word are counted.
MOMENTS: Final = (10, 20, 30, 60, 126, 250, 500, 1000)
PATIENCE: Final = 1500
#: The case of few busy threads: slots, threads, messages in each.
BUSY: Final = (8, 8, 8)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is written, by how many, to what."""

    messages: int
    seconds: float
    threads: int
    people: int
    slots: int
    bots: int = 2


SMALL: Final = Size(messages=600, seconds=3, threads=50, people=10, slots=8)
FULL: Final = Size(messages=12_000, seconds=60, threads=500, people=100, slots=50)


@asynccontextmanager
async def some_bots(server: RedisServer, size: Size, *, pace: bool) -> AsyncGenerator[World]:
    """A world of its own with bots in it."""
    async with client.connect(server.url) as redis:
        await redis.execute_command("FLUSHALL")
    settings = {"LEASE_SECONDS": "15", "WORKER_CONCURRENCY": str(size.slots)}
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url, strict_pace=pace) as around:
            around.model.thinks = THINKS
            bots = Bots(around, Path(logs))
            try:
                for _ in range(size.bots):
                    await bots.start("--policy", "none", **settings)
                yield around
            finally:
                await bots.stop()


async def question(around: World) -> float:
    """Seconds until somebody who is quiet has the first word of an answer."""
    start = time.perf_counter()
    thread = await around.asks("show me INV-1005", user=THEO)
    await has_words(around, thread, "Rowan Freight")
    return time.perf_counter() - start


async def questions(around: World) -> list[float]:
    """What the quiet person waits, for one question after the other."""
    return [await question(around) for _ in range(QUESTIONS)]


async def asks_on(around: World, waits: list[float]) -> None:
    """Let the quiet person ask one question after the other, until cancelled."""
    while True:
        waits.append(await question(around))


async def until_third(answers: Answers, size: Size) -> None:
    """Wait until each thread has its first word and one its third; print at some moments how many have none."""
    without: dict[int, int] = {}
    while len(answers.first) < size.threads or answers.third == float("inf"):
        await asyncio.sleep(GLANCE)
        now = time.perf_counter() - answers.start
        for moment in MOMENTS:
            if moment <= now and moment not in without:
                without[moment] = answers.without
                print(f"  threads without a first word after {moment:4} s   {answers.without:5}", flush=True)
        if now > PATIENCE:
            raise TimeoutError(f"{answers.without} threads have no first word after {now:.0f} s")


async def under_load(server: RedisServer, size: Size, *, pace: bool) -> bool:
    """Measure the whole load and print it; whether all is as it should be."""
    async with some_bots(server, size, pace=pace) as around:
        people = gather(around, size.people)
        idle, busy = await questions(around), list[float]()
        print(
            f"{size.messages} messages of {size.people} people within {size.seconds:.0f} s in {size.threads} threads, "
            f"{size.bots} bots of {size.slots} slots, {'at the pace of Slack' if pace else 'Slack counts no calls'}",
            flush=True,
        )
        answers = Answers(around)
        end = around.slack.workspace.watch(answers.watch)
        all_of_it = write_all(
            answers, people, messages=size.messages, threads=size.threads, seconds=size.seconds
        )
        writing = asyncio.create_task(all_of_it)
        asking = asyncio.create_task(asks_on(around, busy))
        await until_third(answers, size)
        for task in (writing, asking):
            task.cancel()
        await asyncio.gather(writing, asking, return_exceptions=True)
        end()
    firsts = sorted(answers.first.values())
    print(f"  half of the threads have theirs after   {firsts[len(firsts) // 2]:7.1f} s")
    print(f"  the last one has its first word after   {firsts[-1]:7.1f} s")
    print(f"  the first one has its third after       {answers.third:7.1f} s")
    print(f"  threads with a third before another's first {answers.violations:3}")
    return quiet(idle, busy) and not answers.violations


async def busy_threads(server: RedisServer, *, pace: bool) -> bool:
    """The same of few threads that keep all slots busy."""
    slots, threads, each = BUSY
    size = Size(messages=threads * each, seconds=0, threads=threads, people=threads, slots=slots, bots=1)
    async with some_bots(server, size, pace=pace) as around:
        people = gather(around, size.people)
        idle = await questions(around)
        answers = Answers(around)
        around.slack.workspace.watch(answers.watch)
        await write_all(answers, people, messages=size.messages, threads=threads, seconds=0)
        await around.slack.until(lambda: not answers.without, timeout=PATIENCE)
        busy = await questions(around)
    print(f"{threads} threads of {threads} people with {each} messages each, one bot of {slots} slots")
    return quiet(idle, busy)


def quiet(idle: Sequence[float], busy: Sequence[float]) -> bool:
    """Print what a quiet person waits; whether that is no longer than it may be."""
    longer = max(busy) - statistics.median(idle)
    print(
        f"  a quiet person waits, of idle bots      {statistics.median(idle):7.1f} s (at most {max(idle):.1f})"
    )
    print(
        f"  and now                                 {statistics.median(busy):7.1f} s (at most {max(busy):.1f}), "
        f"{len(busy)} questions: {longer:+.1f} s at most",
        flush=True,
    )
    return longer <= MAY_WAIT


async def main() -> int:
    """Measure and print; 1 where somebody waits for longer than they may."""
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--full", action="store_true", help="the whole size instead of a twentieth")
    parser.add_argument("--pace", action="store_true", help="at Slack's own rates")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    server = RedisServer()
    server.start()
    try:
        good = [
            await under_load(server, FULL if given.full else SMALL, pace=given.pace),
            await busy_threads(server, pace=given.pace),
        ]
    finally:
        server.remove()
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
