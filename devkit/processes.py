"""Processes that the launcher starts, kills, starts again, and never leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

TETHER = Path(__file__).with_name("tether.py")
#: How long a process may take to end after SIGTERM before it is killed, in seconds.
PATIENCE = 5.0


class Process(Protocol):
    """What is asked of a process that was launched; `asyncio.subprocess.Process` is one."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        ...

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal; raises `ProcessLookupError` where it is gone."""
        ...

    async def wait(self) -> int:
        """Wait until it has ended; returns how."""
        ...


class Child:
    """One command that runs, or does not; its output goes to a file, in whose directory it works.

    It leads a session of its own, so Ctrl-C in the terminal reaches the launcher alone, which then
    stops its children in order. It dies with the launcher.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        settings: Mapping[str, str],
        log: Path,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.since = now()
        self._command = command
        self._settings = settings
        self._log = log
        self._now = now
        self._process: Process | None = None
        #: Where in the log its present life begins.
        self._begins = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, unless it runs."""
        if self.is_running:
            return
        with self._log.open("ab") as log:
            self._begins = log.tell()
            self._process = await self._launch(log, inherited() | dict(self._settings))
        self.since = self._now()

    async def _launch(self, log: BinaryIO, environment: Mapping[str, str]) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *(str(TETHER), str(os.getpid())),
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=self._log.parent,
            start_new_session=True,
        )

    async def kill(self) -> None:
        """End it at once, with SIGKILL; it gets no chance to clean up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and kill it if it does not within `PATIENCE`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._end(signal.SIGTERM)
        await self.kill()

    async def wait(self) -> int:
        """Wait until it ends, and return its exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return await self._process.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of what it wrote since it was started last."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(self._begins)
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None or not self.is_running:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        await self._process.wait()
        self.since = self._now()


def inherited() -> dict[str, str]:
    """What a child takes over from the launcher's environment: paths, locale, proxies, certificates."""
    return dict(os.environ)  # noqa: TID251 - handed on, not read


def take_over(environment: Mapping[str, str]) -> None:
    """Let a process that was forked have the environment that a child would be started with."""
    os.environ.clear()  # noqa: TID251 - handed on, not read
    os.environ.update(environment)  # noqa: TID251
