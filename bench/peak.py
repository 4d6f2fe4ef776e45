"""`python -m bench.peak`: the most memory a bot takes while it handles the worst of each, eight at a time.

The bot is a process of its own, a new one for each case; its peak is what the kernel says of it (VmHWM,
proc(5)). Slack, model, bridge and Redis are elsewhere. Exits with 1 where a peak is above the limit.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.store import client
from devkit.processes import Child
from tests.bots import Bots
from tests.redis_server import RedisServer
from tests.world import ANA, BOT_USER, SUPPORT, World, world

THREADS: Final = 8
#: MiB of a bot that handles eight threads.
LIMIT: Final = 400
#: Just below what is kept of a workspace, and what is taken in of files at a time.
WORKSPACE: Final = 33_500_000
FILES: Final = (20_000_000, 8_000_000)
PATIENCE: Final = 240

Ask = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """What each of the threads asks for, in one message after the other, and what it hears in the end."""

    name: str
    commands: tuple[str, ...]
    hears: str = "Done."
    #: Bytes of each file that comes with the first message.
    files: tuple[int, ...] = ()


#: The worst of each kind. A new way for something large into the bot belongs here.
CASES: Final = (
    Case("small commands", ("echo small", "echo more")),
    Case(
        "a workspace of 32 MiB, packed, restored", (f"head -c {WORKSPACE} /dev/urandom > big", "touch more")
    ),
    Case("a workspace of 400 MB", ("head -c 400M /dev/zero > big",), "too large to keep"),
    Case("two holes of 250 MB", ("truncate -s 250M one; truncate -s 250M two",), "too large to keep"),
    Case("30,000 empty files in out/", ("mkdir out; cd out; seq 30000 | xargs touch", "touch more")),
    Case("output without end", ("timeout 5 head -c 100M /dev/zero | tr '\\\\0' x",)),
    Case("attached files of 28 MB, sent back", ("mkdir -p out; mv in/* out",), files=FILES),
)


def peak(child: Child) -> float:
    """The most memory a process has had, in MiB."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
    return int(kilobytes) / 1024


async def ask(around: World, case: Case, number: int) -> None:
    """Let a thread do what the case says, and wait for each end."""
    files = [(f"{at}.bin", bytes([number + 1, at + 7]) * (size // 2)) for at, size in enumerate(case.files)]
    thread = ""
    for at, command in enumerate(case.commands):
        text = f"run `{command}`"
        if thread:
            await around.slack.says(ANA, SUPPORT, text, thread_ts=thread)
        else:
            thread = await around.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> {text}", files=files)
        done = at + 1
        await around.slack.until(
            lambda thread=thread, done=done: len(around.done(thread)) >= done, timeout=PATIENCE
        )
    if case.hears not in (said := " ".join(message.shown for message in around.replies(thread))):
        raise RuntimeError(f"{case.name}: {said[-500:]}")


async def measure(server: RedisServer, case: Case) -> float:
    """The peak of a new bot that handles a case in all threads at once."""
    async with client.connect(server.url) as redis:
        await redis.execute_command("FLUSHALL")
    with tempfile.TemporaryDirectory() as logs:
        async with world(server.url) as around, around.sandboxes():
            bots = Bots(around, Path(logs))
            child = await bots.start(WORKER_CONCURRENCY=str(THREADS), LEASE_SECONDS="20")
            try:
                await asyncio.gather(*(ask(around, case, number) for number in range(THREADS)))
                return peak(child)
            finally:
                await bots.stop()


async def main() -> int:
    """Measure and print."""
    logging.disable(logging.CRITICAL)
    wanted = [case for case in CASES if all(word in case.name for word in sys.argv[1:])]
    peaks: list[float] = []
    server = RedisServer()
    server.start()
    print(f"the most memory of a bot, {THREADS} threads at a time, in MiB; {LIMIT} may be")
    try:
        for case in wanted:
            peaks.append(await measure(server, case))
            print(f"  {case.name:42} {peaks[-1]:6.0f}", flush=True)
    finally:
        server.remove()
    return int(max(peaks) > LIMIT)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
