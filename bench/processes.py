"""Processes that are measured: their processor time and memory, as the kernel counts them (Linux)."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from devkit.processes import TETHER, inherited


def processor(pid: int) -> float:
    """Seconds that all threads of a process have had, the ended ones as well: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int) -> float:
    """MiB that a process has in memory: VmRSS, proc(5)."""
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) / 1024


class Talker:
    """A process that answers each line with a line, both JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    async def tell(self, what: Any) -> Any:
        """Send a line, and wait for the answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("it has no pipes")
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.heard()

    async def heard(self) -> Any:
        """Wait for a line."""
        if self._process.stdout is None or not (line := await self._process.stdout.readline()):
            raise RuntimeError("it has ended")
        return json.loads(line)


@asynccontextmanager
async def process(
    command: Sequence[str], settings: Mapping[str, str] | None = None
) -> AsyncGenerator[Talker]:
    """Run a command while the block runs."""
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, str(TETHER), str(os.getpid()), *command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=inherited() | dict(settings or {}),
        cwd=Path(__file__).parents[1],
    )
    try:
        yield Talker(made)
    finally:
        if made.returncode is None:
            made.kill()
        await made.wait()
