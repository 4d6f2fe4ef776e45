"""The replicas of one attack, kept alive as a supervisor keeps them: what ends is started again."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from random import Random

from bot.settings.config import Settings
from bot.wiring.app import real_sources
from devkit.processes import Child
from tests.faked_time import moved_by
from tests.forked import COMMAND, ForkedChild
from tests.world import World

#: Seconds between two looks at who has ended.
LOOK_EVERY = 1.0
#: Seconds that a replica's clock may be off: the default, which two hours are beyond and half a minute is not.
TOLERANCE = Settings.model_fields["clock_tolerance_seconds"].default
#: Two refunds are on one invoice: a limit on their sum would have people asked about those that are to need nobody.
UNSUMMED = {"REFUND_INVOICE_OVER": "1000000", "REFUND_COUNT_OVER": "1000000"}
#: Lines of a log that no life fills.
ALL = 10**6


class Replica:
    """One bot as a process; every life of it may have other settings. `clock` is how far its time of day is off."""

    def __init__(self, world: World, logs: Path, number: int) -> None:
        self._world = world
        self._log_file = logs / f"bot-{number}.log"
        self._clock = logs / f"clock-{number}"
        self._name = f"bot-{number}"
        self._settings = {"CLOCK_TOLERANCE_SECONDS": str(TOLERANCE)} | UNSUMMED
        # Who is not held back by Slack reads its history as fast as it can.
        self._arguments = [] if world.strict_pace else ["--reads-fast"]
        self._busy = asyncio.Lock()
        self._process: Child | None = None

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> str:
        """All it wrote in all its lives."""
        return self._log_file.read_text(errors="replace")

    @property
    def has_served(self) -> bool:
        """Whether it had a socket in its present or latest life."""
        return self._process is not None and "socket opened" in self._process.last_words(ALL)

    @property
    def is_off(self) -> str:
        """How far its time of day is off."""
        return self._clock.read_text()

    def lies(self, off: str) -> None:
        """Put its time of day off by so much (`+30s`), at once; takes effect for a process that was started so."""
        self._clock.write_text(off)

    async def start(self, **settings: str) -> None:
        """Start it, unless it runs, with settings that stay."""
        async with self._busy:
            self._settings |= settings
            await self._start()

    async def again(self, how: signal.Signals, **settings: str) -> None:
        """End it by a signal and start it again."""
        async with self._busy:
            self._settings |= settings
            await self._end(how)
            await self._start()

    async def kill(self) -> None:
        """End it with SIGKILL."""
        async with self._busy:
            await self._end(signal.SIGKILL)

    def pause(self) -> int | None:
        """Stop its process without a word; returns the pid to be woken by `wake`."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGSTOP)
        return pid

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            await (self._process.kill() if how is signal.SIGKILL else self._process.stop())

    async def _start(self) -> None:
        if self.pid is not None:
            return
        faked: dict[str, str] = {}
        if self._clock.exists():
            faked = moved_by(self._clock)
        self._process = (Child if faked else ForkedChild)(
            self._name,
            (*COMMAND, "--policy", "none", *self._arguments),
            settings=self._world.variables(LOG_FORMAT="text", LOG_LEVEL="INFO", **self._settings) | faked,
            log=self._log_file,
            now=real_sources().now,
        )
        await self._process.start()


def wake(pid: int) -> None:
    """Let a paused process go on, if it is still there."""
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return  # it was killed meanwhile


class Crew:
    """All replicas. Only the last one's clock can be made to lie."""

    def __init__(self, world: World, logs: Path, count: int) -> None:
        self.all = [Replica(world, logs, number) for number in range(count)]
        self.liar = self.all[-1]
        self.liar.lies("+0s")
        #: Whether those that ended are to stay so.
        self.is_dark = False

    def one(self, random: Random) -> Replica:
        """Choose one."""
        return random.choice(self.all)

    async def start(self) -> None:
        """Start all that do not run."""
        self.is_dark = False
        await asyncio.gather(*(replica.start() for replica in self.all))

    async def kill(self) -> None:
        """End all of them with SIGKILL, and let none be started."""
        self.is_dark = True
        await asyncio.gather(*(replica.kill() for replica in self.all))

    async def supervise(self) -> None:
        """Start again whatever has ended, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if not self.is_dark:
                await self.start()
