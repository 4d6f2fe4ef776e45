"""Processes of the bot that are forked from one which has imported everything: to start one takes a tenth of the time.

What runs in them is what runs in a process that is started anew; only the importing was done before, and what the
SDKs put off until the first answer. There are hundreds of starts in the suite, and each would spend seconds on both.
"""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from devkit.processes import TETHER, Child, Process, inherited, take_over
from devkit.tether import PR_SET_PDEATHSIG

#: The modules whose `main` a child may run.
SERVES: Final = "tests.serve"
COMMANDS: Final = "bot"
COMMAND: Final = (sys.executable, "-m", SERVES)


def _can_be_watched() -> bool:
    """Whether the system has a handle for a process that is no child of ours; Linux has since 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


#: Elsewhere each process is begun anew.
WATCHED: Final = _can_be_watched()


class ForkedChild(Child):
    """`tests.serve` with some arguments, forked."""

    async def _launch(self, log: BinaryIO, environment: Mapping[str, str]) -> Process:
        if not WATCHED:
            return await super()._launch(log, environment)
        return forked(SERVES, self._command[len(COMMAND) :], environment, Path(log.name))


async def ran(arguments: Sequence[str], settings: Mapping[str, str], directory: Path) -> tuple[int, str]:
    """Run the command `countersign` to its end; its exit code and everything it printed."""
    with tempfile.NamedTemporaryFile() as said:
        environment = inherited() | dict(settings)
        process: Process
        if WATCHED:
            process = forked(COMMANDS, arguments, environment, Path(said.name), directory)
        else:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", COMMANDS, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=environment,
                cwd=directory,
            )
        code = await process.wait()
        return code, Path(said.name).read_text(encoding="utf-8")


def forked(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    directory: Path | None = None,
) -> Forked:
    """Start the `main` of a module; it works where its log is, unless it is to elsewhere."""
    order = {"module": module, "arguments": [*arguments], "environment": dict(environment), "log": str(log)}
    return Forked(parent().ask({"fork": order | {"directory": str(directory or log.parent)}}))


class Forked:
    """A process that was forked, seen from outside."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._returncode: int | None = None
        self._ended = asyncio.Event()
        self._watched = os.pidfd_open(pid)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._watched, self._reap)

    @property
    def returncode(self) -> int | None:
        """How it ended, as `subprocess` says it; None while it runs."""
        if self._returncode is None and select.select([self._watched], [], [], 0)[0]:
            self._reap()
        return self._returncode

    def send_signal(self, number: int, /) -> None:
        """Send it a signal; raises `ProcessLookupError` where it is gone."""
        if self.returncode is not None:
            raise ProcessLookupError
        signal.pidfd_send_signal(self._watched, number)

    async def wait(self) -> int:
        """Wait until it has ended; returns how."""
        await self._ended.wait()
        assert self._returncode is not None
        return self._returncode

    def _reap(self) -> None:
        if self._returncode is None:
            self._loop.remove_reader(self._watched)
            self._returncode = parent().ask({"reap": self.pid})
            os.close(self._watched)
            self._ended.set()


class Parent:
    """The process that forks, seen from outside. It ends with whoever started it, and its children with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(TETHER), str(os.getpid()), sys.executable, "-m", "tests.forked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, order: Mapping[str, Any]) -> int:
        """Have it do one thing; returns a pid, or how a child ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate("")


def parent() -> Parent:
    """The one of this process, started when it is needed first."""
    if not _parents:
        _parents.append(Parent())
        atexit.register(_parents[0].close)
    return _parents[0]


_parents: Final[list[Parent]] = []


def finish_importing() -> None:
    """Do what libraries put off until they are used first: half of the work of a bot that lives for one answer."""
    models: Any = importlib.import_module("bot.agents.models")
    client: Any = importlib.import_module("bot.agents.quick_client")
    chat: Any = importlib.import_module("openai.types.chat")
    for kind in (*client._KINDS.values(), chat.ChatCompletionChunk, chat.ChatCompletion):
        kind.model_rebuild()  # openai's models have no schema before something is read with them
    # The client of a model loads what connects, and its price the lists.
    served = {"openai": models.Provider("http://127.0.0.1:1/v1", "any")}
    models.Models(served).model(models.ModelSpec.parse("openai:gpt-5"))


def main() -> None:
    """Fork and reap, as asked for, a line each."""
    mains = {
        SERVES: importlib.import_module(SERVES).main,
        COMMANDS: importlib.import_module("bot.__main__").main,
    }
    finish_importing()
    assert threading.active_count() == 1, "no process with threads can be forked"
    gc.freeze()
    for line in sys.stdin:
        match json.loads(line):
            case {"fork": order}:
                told = os.fork() or _run(mains[order["module"]], **order)
            case {"reap": pid}:
                told = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            case other:
                raise ValueError(other)
        print(told, flush=True)


def _run(
    main: Any, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: str, directory: str
) -> NoReturn:
    """Be what was asked for, in a session of its own, and never come back."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    take_over(environment)
    os.chdir(directory)
    said = os.open(log, os.O_WRONLY | os.O_APPEND)
    for number, opened in enumerate((os.open(os.devnull, os.O_RDONLY), said, said)):
        os.dup2(opened, number)
    sys.argv = [module, *arguments]
    code: Any = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 - as the interpreter does it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
