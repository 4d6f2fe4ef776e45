"""In which order `countersign --help` lists the commands: as somebody needs them who begins."""

from __future__ import annotations

from typing import Final

from typer import Context
from typer.core import TyperGroup

#: To start, to look, to keep, to make; a command that is missing here comes last.
ORDER: Final = (
    *("serve", "doctor", "health", "roster", "policies"),
    *("tail", "trace", "audit", "usage", "feedback"),
    *("backup", "restore", "keys", "mcp"),
    *("new-team", "new-key", "bridge"),
)


class InOrder(TyperGroup):
    """Lists commands in `ORDER`."""

    def list_commands(self, ctx: Context) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return sorted(super().list_commands(ctx), key=_place)  # pyright: ignore[reportArgumentType]


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)
