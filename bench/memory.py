"""`python -m bench.memory`: what a bot that lives long keeps of conversations that are over.

A real process answers many threads, some hundred at a time; after each round its resident memory is
read from the kernel. What grows with every round is kept by something.
"""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
from pathlib import Path

from devkit.processes import Child
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import SUPPORT, World, world

ROUNDS, THREADS = 10, 200
#: Threads that are under way at once.
AT_ONCE = 20


def resident(child: Child) -> float:
    """Resident memory of a process, in MiB: VmRSS, proc(5)."""
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
    return int(kilobytes) / 1024


async def converse(around: World, count: int) -> None:
    """Ask in so many threads, and wait for each answer."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await around.hears(await around.asks("show me INV-1003"), "Hazel & Co")

    await asyncio.gather(*(one() for _ in range(count)))
    around.slack.workspace.messages[SUPPORT].clear()


async def measure() -> None:
    """Print the memory after each round."""
    server = RedisServer()
    server.start()
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url) as around:
            bots = Bots(around, Path(logs))
            child = await bots.start()
            for number in range(ROUNDS):
                await converse(around, THREADS)
                print(f"{(number + 1) * THREADS:6,} threads: {resident(child):6.1f} MiB", flush=True)
            await bots.stop()
    server.remove()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(measure())
