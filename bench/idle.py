"""`python -m bench.idle`: for how long a thread stays idle after its worker is killed, or told to stop.

Real processes with the settings' own lease. Each round starts one more replica, takes the one
away that is in the middle of an answer, and waits for the next edit of that answer.
"""

from __future__ import annotations

import asyncio
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.domain import sentences
from bot.settings.config import Settings
from devkit.processes import Child
from devkit.slack.workspace import Message
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import World, ids, world

ROUNDS = 10
LEASE = int(Settings.model_fields["lease_seconds"].default)
SETTINGS = {"LEASE_SECONDS": str(LEASE), "DRAIN_SECONDS": "2"}
#: Seconds between two pieces of the model's answer: slow enough to be there for a while.
SLOW = 0.4
PAUSED = sentences.PAUSED.strip("_")

TakeAway = Callable[[World, Message, Child], Awaitable[float]]


async def until_done(around: World, message: Message) -> None:
    """Let the model hurry, and wait for the end of the answer."""
    around.model.delay = 0.0
    await around.slack.until(lambda: "Part 5" in message.shown and "stop" not in ids(message), timeout=60)


async def kill(around: World, message: Message, leaving: Child) -> float:
    """Kill a replica at some moment of its lease; returns seconds until the next edit."""
    await asyncio.sleep(random.uniform(0.0, 2.0))
    await leaving.kill()
    start, edits = time.perf_counter(), message.edits
    await around.slack.until(lambda: message.edits > edits, timeout=LEASE * 3)
    return time.perf_counter() - start


async def stop(around: World, message: Message, leaving: Child) -> float:
    """Tell a replica to stop; returns seconds from its last edit to the first one of another."""
    stopping = asyncio.create_task(leaving.stop())
    await around.slack.until(lambda: PAUSED in message.shown, timeout=30)
    start = time.perf_counter()
    await around.slack.until(lambda: PAUSED not in message.shown, timeout=LEASE * 3)
    idle = time.perf_counter() - start
    await stopping
    return idle


async def rounds(around: World, bots: Bots, take_away: TakeAway) -> list[float]:
    """One replica answers; a second one comes, and the first one goes."""
    figures: list[float] = []
    present = await bots.start(**SETTINGS)
    for _ in range(ROUNDS):
        around.model.delay = SLOW
        thread = await around.asks("write a long answer")
        await around.slack.until(lambda thread=thread: around.replies(thread), timeout=60)
        following = await bots.start(**SETTINGS)
        message = around.replies(thread)[0]
        await around.slack.until(lambda message=message: message.edits, timeout=60)
        figures.append(await take_away(around, message, present))
        await until_done(around, message)
        present = following
    await present.kill()
    return figures


async def main() -> None:
    """Measure and print."""
    logging.disable(logging.WARNING)
    server = RedisServer()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as logs:
            async with world(server.url) as around:
                bots = Bots(around, Path(logs))
                try:
                    killed = await rounds(around, bots, kill)
                    stopped = await rounds(around, bots, stop)
                finally:
                    await bots.stop()
    finally:
        server.remove()
    print(f"idle seconds of a thread whose worker goes; lease {LEASE} s, {ROUNDS} rounds each")
    for name, idle in (("SIGKILL", killed), ("SIGTERM", stopped)):
        print(f"  {name}   {min(idle):6.2f} to {max(idle):6.2f}, median {statistics.median(idle):.2f}")


if __name__ == "__main__":
    asyncio.run(main())
