"""A copy of the tree, in which source is changed and tests are run; the checkout is never touched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from tests.mutants.nursery import Nursery
from tests.mutants.protection import ROOT, Protection, removed

#: What the tests need of the tree.
PARTS: Final = (
    *("bot", "countersign", "devkit", "tests", "docs", "bench", "sandbox-bridge"),
    *("pyproject.toml", "uv.lock", "manifest.yml", ".env.example", "README.md", "Makefile"),
)
LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "node_modules", "images")
#: https://docs.pytest.org/en/stable/reference/exit-codes.html
PASSED, FAILED = 0, 1
#: With it nothing can be imported, so a test that is green imports something else.
ALARM: Final = Protection(
    name="this is the copy",
    file="bot/__init__.py",
    source='"""Countersign',
    becomes='raise RuntimeError("this is the copy")\n"""Countersign',
    tests=("tests/unit",),
)
GRANDCHILD: Final = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import bot; print(bot.__file__)"])
"""


class NotTheCopy(Exception):
    """The tests would import the checkout, so nothing that is changed in the copy would matter."""


class Copy:
    """One copy; every process started in it imports it, whatever is installed in the environment."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, home / part, ignore=LEFT_OUT)
            elif (ROOT / part).exists():
                shutil.copy(ROOT / part, home / part)
        self._report = home / "report.xml"
        self._nursery = Nursery(home)

    @contextmanager
    def without(self, *protections: Protection) -> Generator[None]:
        """Let protections be removed while the block runs."""
        before = {one.file: (self.home / one.file).read_text(encoding="utf-8") for one in protections}
        try:
            for one in protections:
                self._write(one.file, removed(one, (self.home / one.file).read_text(encoding="utf-8")))
            yield
        finally:
            for file, text in before.items():
                self._write(file, text)

    def _write(self, file: str, text: str) -> None:
        path = self.home / file
        path.write_text(text, encoding="utf-8")
        # Compiled code is told from its source by second and size, and both may be the same.
        Path(cache_from_source(str(path))).unlink(missing_ok=True)

    def prove(self) -> None:
        """Raise `NotTheCopy` unless tests, and processes that processes of theirs start, import this copy."""
        said = self._run((sys.executable, "-c", GRANDCHILD), where=Path("/"))[1].strip()
        if said != str(self.home / "bot/__init__.py"):
            raise NotTheCopy(f"a process imports {said}")
        with self.without(ALARM):
            code, _, said = self.test(["tests/unit"], "--collect-only")
        if code == PASSED or ALARM.name not in said:
            raise NotTheCopy("the tests do not import the copy")

    def test(self, tests: Sequence[str], *options: str) -> tuple[int, set[str], str]:
        """Run tests: how pytest ended, which of them failed, and what was said."""
        code, said = self._nursery.run([*self._asked(tests), *options])
        return code, _failed(self._report), said

    def test_at_once(self, tests: Sequence[str], workers: int) -> tuple[int, set[str], str]:
        """The same in several processes."""
        command = (sys.executable, "-m", "pytest", *self._asked(tests), "-n", str(workers))
        code, said = self._run(command)
        return code, _failed(self._report), said

    def close(self) -> None:
        """End what waits for tests to run."""
        self._nursery.close()

    def _asked(self, tests: Sequence[str]) -> tuple[str, ...]:
        self._report.unlink(missing_ok=True)
        return ("-q", "--tb=line", "-p", "no:cacheprovider", f"--junit-xml={self._report}", *tests)

    def _run(self, command: Sequence[str], where: Path | None = None) -> tuple[int, str]:
        ended = subprocess.run(
            ["env", f"PYTHONPATH={self.home}", *command],
            cwd=where or self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout


def _failed(report: Path) -> set[str]:
    if not report.exists():
        return set()
    return {
        f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').partition('[')[0]}"
        for case in ElementTree.parse(report).iter("testcase")
        if case.find("failure") is not None
    }
