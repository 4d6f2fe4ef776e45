"""`python -m tests.chaos.cuts --cuts 100 --appendfsync always`: the power fails while messages are acked; which are gone?

Redis and a bot are ended with SIGKILL, and Redis' append-only file is cut to where it stood when the last
fdatasync that came to its end began: no disk has to keep more. Where that was says strace, which has to be
installed (`apt-get install strace`). A message that Slack saw acked and Redis does not know afterwards is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bot.domain.events import message_id
from bot.domain.thread import ThreadRef
from bot.store import client
from devkit.slack.workspace import TEAM
from tests.chaos.crew import Replica
from tests.chaos.syncs import synced
from tests.redis_server import RedisServer
from tests.world import SUPPORT, World
from tests.world import world as make_world

#: Seconds between two messages, and for how long some are written before the power fails.
EVERY = 0.04
WRITES = (0.3, 1.5)
#: Seconds in which one message more has to be answered at the end, until all are: a channel is written in once a second.
QUIET = 60.0


@dataclass(slots=True)
class Told:
    """What the cuts came to."""

    cuts: int = 0
    acked: int = 0
    lost: int = 0
    cuts_with_loss: int = 0
    bytes_cut: int = 0
    unanswered: int = 0
    noticed: int = 0

    def losses(self, appendfsync: str, seed: int) -> str:
        """What the cuts alone took."""
        return (
            f"appendfsync {appendfsync}, seed {seed}: {self.cuts} power losses, {self.acked} messages acked shortly before, "
            f"{self.lost} of them lost (in {self.cuts_with_loss} of the losses; {self.bytes_cut:,} bytes cut)."
        )

    def afterwards(self) -> str:
        """What became of it once the bot lived on."""
        return f"A bot noticed {self.noticed} times; {self.unanswered} acked messages without an answer in the end."


class Cuts:
    """One Redis and one bot, whose power fails again and again."""

    def __init__(self, world: World, redis: RedisServer, trace: Path, bot: Replica, random: Random) -> None:
        self._world = world
        self._redis = redis
        self._trace = trace
        self._bot = bot
        self._random = random
        self._acked: list[str] = []
        self.told = Told()

    async def cut(self) -> None:
        """Let both live until messages come in and are acked, and then let the power fail."""
        begins = self._redis.written
        await self._bot.start()
        await self._world.slack.until(lambda: self._world.slack.sockets > 0)
        asked = await self._asks(self._random.uniform(*WRITES))
        await asyncio.gather(self._bot.kill(), asyncio.to_thread(self._redis.kill))
        await self._world.slack.until(lambda: self._world.slack.sockets == 0)
        acked = [ts for ts in asked if self._is_acked(ts)]
        while "+++ killed by SIGKILL +++" not in (trace := self._trace.read_text(errors="replace")):
            await asyncio.sleep(0.01)  # strace has not written its last line yet
        kept = synced(trace, begins)
        self.told.bytes_cut += self._redis.written - kept
        self._redis.forget_after(kept)
        self._redis.start()
        lost = await self._unknown(acked)
        self.told.cuts += 1
        self.told.acked += len(acked)
        self._acked += acked
        self.told.lost += len(lost)
        self.told.cuts_with_loss += bool(lost)

    async def ends(self) -> None:
        """Let the bot live on, and see what of all that was acked is answered."""
        await self._bot.start()
        left, quiet = self._unanswered(), 0
        while left and quiet < QUIET:
            self._world.slack.tries_again()
            await asyncio.sleep(1)
            quiet = quiet + 1 if self._unanswered() == left else 0
            left = self._unanswered()
        self.told.unanswered = left
        self.told.noticed = self._bot.log.count("redis was restarted or restored")

    async def _asks(self, seconds: float) -> list[str]:
        asked: list[str] = []
        async with asyncio.timeout(seconds + 30):
            for _ in range(round(seconds / EVERY)):
                asked.append(await self._world.asks("show me INV-1003"))
                await asyncio.sleep(EVERY)
        return asked

    def _is_acked(self, ts: str) -> bool:
        return any(
            one.is_acked
            for one in self._world.slack.deliveries
            if one.payload.get("event", {}).get("ts") == ts
        )

    async def _unknown(self, messages: list[str]) -> list[str]:
        keys = self._world.keys
        async with client.connect(self._redis.url) as redis:
            seen = [keys.seen(ThreadRef(TEAM, SUPPORT, ts), message_id(SUPPORT, ts)) for ts in messages]
            return [ts for ts, key in zip(messages, seen, strict=True) if not await redis.exists(key)]

    def _unanswered(self) -> int:
        return sum(not self._world.done(message) for message in self._acked)


async def run(cuts: int, appendfsync: str, seed: int, home: Path) -> Told:
    """Let the power fail so many times."""
    trace = home / "trace"
    redis = RedisServer.confirming(appendfsync=appendfsync)
    redis.trace(trace)
    redis.start()
    try:
        async with make_world(redis.url, strict_pace=False) as world:
            bot = Replica(world, home, 0)
            failing = Cuts(world, redis, trace, bot, Random(seed))
            try:
                await bot.start(EFFECTS_WAIT_FOR="disk")
                for _ in range(cuts):
                    await failing.cut()
                say(failing.told.losses(appendfsync, seed))
                await failing.ends()
            finally:
                await bot.kill()
        return failing.told
    finally:
        redis.remove()


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the arguments, cut, print; exit 1 where acked messages were lost that were promised to be kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.cuts", description=__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--appendfsync", choices=["always", "everysec"], default="always")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("strace is not installed; without it nobody can tell what had to be on the disk")
    with tempfile.TemporaryDirectory(prefix="cs-cuts-") as home:
        told = asyncio.run(run(given.cuts, given.appendfsync, given.seed, Path(home)))
    say(told.afterwards())
    sys.exit(1 if told.unanswered or (told.lost and given.appendfsync == "always") else 0)


if __name__ == "__main__":
    main()
