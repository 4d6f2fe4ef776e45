"""What a start costs, in processor and memory, against importing the libraries alone."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.figures import Row, ratio
from bench.processes import process, processor, resident
from bench.worlds import ROOT, SETTINGS
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import world

#: What a bot cannot do without, on its own event loop.
LIBRARIES: Final = """
import agents, slack_bolt.async_app, slack_bolt.adapter.socket_mode.async_handler, redis.asyncio, uvloop
print(1, flush=True)
input()
"""


#: The same with a client of each API, which the SDK makes for its first request.
CLIENTS: Final = LIBRARIES.replace(
    "print(1",
    "import openai; client = openai.AsyncOpenAI(api_key='-'); client.responses, client.chat.completions\nprint(1",
)
#: What was compiled before is there at the next start, as it is where a bot is installed.
COMPILED: Final = {"PYTHONDONTWRITEBYTECODE": ""}


async def _libraries(code: str) -> tuple[float, float]:
    async with process([sys.executable, "-c", code], COMPILED) as made:
        await made.heard()
        return processor(made.pid), resident(made.pid)


async def measure(server: RedisServer, repetitions: int) -> list[Row]:
    """Start a bot and import the libraries in turns."""
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    clients: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url, strict_pace=False) as around:
            bots = Bots(around, Path(logs))
            for _ in range(repetitions + 1):  # the first of each compiles
                child = await bots.start_other(ROOT, **SETTINGS, **COMPILED)
                pid = child.pid or 0
                ours.append((processor(pid), resident(pid)))
                await child.kill()
                await asyncio.sleep(0)
                bare.append(await _libraries(LIBRARIES))
                clients.append(await _libraries(CLIENTS))
    ours, bare, clients = ours[1:], bare[1:], clients[1:]
    return [
        ratio(
            "CPU from start to ready, against importing the libraries",
            [one for one, _ in ours],
            [one for one, _ in bare],
            most=1.5,
            unit="s",
        ),
        ratio(
            "memory when ready, against the libraries",
            [one for _, one in ours],
            [one for _, one in bare],
            most=1.3,
            unit="MiB",
        ),
        ratio(
            "memory when ready, against the libraries and a client of each API",
            [one for _, one in ours],
            [one for _, one in clients],
            unit="MiB",
        ),
    ]
