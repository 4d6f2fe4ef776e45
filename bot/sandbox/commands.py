"""Commands in a sandbox: each runs to its end or its limit, says its last lines meanwhile, and can be ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agents.sandbox.errors import SandboxError
from agents.sandbox.session.sandbox_session import SandboxSession

#: Where the output of commands goes: beside the workspace, so that it is not kept.
LOGS: Final = "/tmp/countersign"
#: Seconds between two looks at what a long command says.
LOOK: Final = 2.0
#: Characters of a command's output that the model gets: so many from its beginning and its end.
HEAD, TAIL = 4_000, 8_000

#: $1 folder, $2 command, $3 log, beside which its process is noted. What it says goes to a file, so that a command that is cut off
#: has said something, and one that says too much fills no memory.
_RUN: Final = f'mkdir -p {LOGS} && echo $$ >"$3.pid" && cd -- "$1" && exec bash -c "$2" >"$3" 2>&1 </dev/null'
_END: Final = (
    'until [ -s "$1.pid" ]; do sleep 0.1; done; p=$(cat "$1.pid"); '
    'kill -KILL $(cat "/proc/$p/task/"*/children) "$p" 2>/dev/null'
)
_READ: Final = (
    'size=$(wc -c <"$1" 2>/dev/null || echo 0); if [ "$size" -le "$(($2 + $3))" ]; then cat "$1" 2>/dev/null; '
    'else head -c "$2" "$1"; printf "\\n[… %s bytes left out; all of it is in %s …]\\n" "$((size - $2 - $3))" "$1"; '
    'tail -c "$3" "$1"; fi'
)
#: What of a log is looked at for its last lines, in bytes: a line may be as long as the disk is large.
LINES: Final = 4_000
_TAIL: Final = 'tail -c "$2" "$1" | tail -n 2'
TIMED_OUT: Final = 124


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    exit_code: int
    seconds: float
    output: str


#: Hears the last lines of a command that is under way, and for how many seconds it has been.
Tail = Callable[[str, float], None]


class Commands:
    """Runs the commands of one run's sandbox."""

    def __init__(self) -> None:
        self._count = 0
        self._stopping = asyncio.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether a person ended them."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End the commands that run, and any that is still to come."""
        self._stopping.set()

    async def run(
        self, session: SandboxSession, command: str, workdir: str, seconds: float, said: Tail
    ) -> Ran:
        """Run one for so many seconds at most. Raises the SDK's `SandboxError` where the sandbox is no more."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._count += 1
        log_file = f"{LOGS}/{self._count}.log"
        beside = [
            asyncio.create_task(_watch(session, log_file, said)),
            asyncio.create_task(_end_when(self._stopping, session, log_file)),
        ]
        try:
            done = await session.exec(
                "bash", "-c", _RUN, "run", workdir, command, log_file, shell=False, timeout=seconds
            )
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)  # they only watched
        read = await session.exec(
            "sh", "-c", _READ, "read", log_file, str(HEAD), str(TAIL), shell=False, timeout=LOOK * 10
        )
        output = (read.stdout + (b"" if read.stdout else done.stderr)).decode(errors="replace")
        return Ran(done.exit_code, clock() - began, output)


async def _watch(session: SandboxSession, log_file: str, said: Tail) -> None:
    """Show the last lines of a command's log from time to time."""
    began = asyncio.get_running_loop().time()
    while True:
        await asyncio.sleep(LOOK)
        with suppress(SandboxError, TimeoutError):
            tail = await session.exec(
                "sh", "-c", _TAIL, "tail", log_file, str(LINES), shell=False, timeout=LOOK * 5
            )
            said(tail.stdout.decode(errors="replace"), asyncio.get_running_loop().time() - began)


async def _end_when(stopping: asyncio.Event, session: SandboxSession, log_file: str) -> None:
    """Kill a command when somebody stops it. What it leaves running is gone with the sandbox."""
    await stopping.wait()
    with suppress(SandboxError, TimeoutError):
        await session.exec("sh", "-c", _END, "end", log_file, shell=False, timeout=LOOK * 5)
