"""The commands that look into a demo from another terminal: a file of its settings, and a command that reads it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bot.operations.command import HEALTH, POLICIES, RECORD, ROSTER, USAGE

#: What is shown of the demo, by what it tells.
LOOKS: Final = {
    "what happened in the latest thread": "tail",
    "who was asked, who decided, what was done": "audit report",
    "that nothing of it was altered": "audit verify",
    "who would be asked about what": "policies",
    "what the models used": "usage --by model",
}
#: What these use of the settings; no key of a model is among it.
_USED: Final = POLICIES | ROSTER | RECORD | USAGE | HEALTH

_COMMAND: Final = """#!/bin/sh
# countersign, with the settings of the demo that runs.
here=$(cd "$(dirname "$0")" && pwd)
set -a
. "$here/demo.env"
set +a
exec {python} -m bot "$@"
"""


class Looks:
    """The commands of one demo, to be copied."""

    def __init__(self, command: str) -> None:
        self._command = command

    def lines(self) -> list[str]:
        """Each command as it is typed."""
        return [f"{self._command} {words}" for words in LOOKS.values()]

    async def panel(self) -> dict[str, Any]:
        """What the page shows of them."""
        return {
            "commands": [
                {"tells": told, "line": line} for told, line in zip(LOOKS, self.lines(), strict=True)
            ]
        }


@asynccontextmanager
async def looks(home: Path, settings: Mapping[str, str], root: Path) -> AsyncGenerator[Looks]:
    """Write the command and its settings, for their owner alone, and take them away when the demo ends."""
    env, command = home / "demo.env", home / "countersign"
    used = {name: value for name, value in settings.items() if name.lower() in _USED}
    # Every other setting is empty: none comes from whoever types the command.
    lines = [f"{name}={shlex.quote(used.get(name, ''))}" for name in sorted(settings)]
    try:
        for file, text, mode in (
            (env, "\n".join(lines) + "\n", 0o600),
            (command, _COMMAND.format(python=shlex.quote(sys.executable)), 0o700),
        ):
            file.unlink(missing_ok=True)
            file.touch(mode=mode)
            file.write_text(text, encoding="utf-8")
        yield Looks(_typed(command, root))
    finally:
        env.unlink(missing_ok=True)
        command.unlink(missing_ok=True)


def _typed(command: Path, root: Path) -> str:
    """The command as it is typed in the project's folder, or from anywhere where it lies elsewhere."""
    is_here = command.is_relative_to(root)
    return shlex.quote(str(command.relative_to(root) if is_here else command))
