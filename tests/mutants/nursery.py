"""A process that has imported what others wrote, and forks a child for each run of pytest.

Importing the SDKs takes longer than most of the tests that are run. Nothing of the product is imported
before the fork, so each child reads the source as it is then.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

#: What takes long to import.
FOREIGN: Final = (
    *("agents", "agents.sandbox", "aiohttp.web", "cryptography.fernet", "docker", "hypothesis", "openai"),
    *("pydantic_settings", "redis.asyncio", "slack_bolt.async_app", "typer", "uvloop", "yaml"),
)
OWN: Final = frozenset({"bot", "devkit"})
#: Seconds after which a run that does not end is ended.
PATIENCE: Final = 400
#: What is said for the exit code of a run that came to no end of its own.
NO_END: Final = -1


class Nursery:
    """The process, seen from outside. It works in a copy of the tree and imports that."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._said = home / "said.txt"
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["env", f"PYTHONPATH={self._home}", sys.executable, "-m", "tests.mutants.nursery"],
            cwd=self._home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, options: Sequence[str]) -> tuple[int, str]:
        """Run pytest in a child; returns how it ended and what it said."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"options": list(options), "said": str(self._said)}) + "\n")
            self._process.stdin.flush()
        if not (code := self._process.stdout.readline()):
            self.close()
            self._process = self._start()
            return NO_END, "the process that ran the tests was ended"
        return int(code), self._said.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End it."""
        self._process.communicate("")


def main() -> None:
    """Do what is asked for, a line each, until there is nothing more."""
    for name in FOREIGN:
        importlib.import_module(name)
    assert not OWN & set(sys.modules), "a child would not read the source as it is"
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(order["options"], order["said"])
        print(_ended(child), flush=True)


def _run(options: Sequence[str], said: str) -> None:
    """Run pytest in this child, in a session of its own, and never come back."""
    os.setsid()
    code = 1  # what a test left behind is raised by pytest at the very end, past its exit code
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(written, 1)
        os.dup2(written, 2)
        # Plugins among what is imported already cannot be rewritten; they assert nothing of ours.
        code = int(pytest.main([*options, "-W", "ignore::pytest.PytestAssertRewriteWarning"]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _ended(child: int) -> int:
    def give_up(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except TimeoutError:
        return NO_END
    finally:
        signal.alarm(0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # and whatever it started
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
