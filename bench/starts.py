"""What a start costs, in processor and memory, against importing the libraries alone."""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.figures import Row, ratio, ratio_of_slices
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


#: Starts of one repetition, in turns with what they are compared with: of single ones no two are alike.
STARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Begun:
    """What a process had taken when it was ready: seconds of the processor, and MiB."""

    seconds: float
    memory: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """As the kernel tells it now."""
        return cls(processor(pid), resident(pid))


async def _libraries(code: str) -> Begun:
    async with process([sys.executable, "-c", code], COMPILED) as made:
        await made.heard()
        return Begun.of(made.pid)


async def _bot(bots: Bots) -> Begun:
    child = await bots.start_other(ROOT, **SETTINGS, **COMPILED)
    begun = Begun.of(child.pid or 0)
    await child.kill()
    return begun


async def _in_turns(bots: Bots) -> list[tuple[Begun, Begun]]:
    """Some starts: of a bot, and of the libraries alone."""
    return [(await _bot(bots), await _libraries(LIBRARIES)) for _ in range(STARTS)]


async def measure(server: RedisServer, repetitions: int) -> list[Row]:
    """Start a bot and import the libraries in turns."""
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url, strict_pace=False) as around:
            bots = Bots(around, Path(logs))
            for first in (_bot(bots), _libraries(CLIENTS)):  # these compile
                await first
            begun = [await _in_turns(bots) for _ in range(repetitions)]
            clients = [await _libraries(CLIENTS) for _ in begun]
    seconds = [[(ours.seconds, bare.seconds) for ours, bare in some] for some in begun]
    memory = [[(ours.memory, bare.memory) for ours, bare in some] for some in begun]
    own = [statistics.median(ours for ours, _ in some) for some in memory]
    start, when = "CPU from start to ready, against importing the libraries", "memory when ready, against the"
    more = f"{when} libraries and a client of each API"
    return [
        ratio_of_slices(start, seconds, most=1.5, unit="s"),
        ratio_of_slices(f"{when} libraries", memory, most=1.3, unit="MiB"),
        ratio(more, own, [one.memory for one in clients], unit="MiB"),
    ]
