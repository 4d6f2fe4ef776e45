"""The operations team in tests: its MCP server's state, and how the stand-in model calls its tools."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.operations import mcp_accept
from bot.wiring.team import load_team
from countersign import Team
from countersign.teams import operations as operations_team
from devkit.model.script import Calls, Step, Text
from devkit.operations import state
from devkit.operations.state import State
from devkit.slack.workspace import Message
from tests.world import World, ids

HOME = Path(operations_team.__file__).parent


class Operations:
    """What the team works on, and what tests do to its server."""

    def __init__(self, world: World, folder: Path) -> None:
        self.file = folder / "operations.json"
        self._world = world
        self._folder = folder
        #: What accepting tools has printed.
        self.said: list[str] = []

    @property
    def variables(self) -> dict[str, str]:
        """What a bot of this team needs to be told."""
        return {"TEAM": "operations", "OPERATIONS_STATE": str(self.file)}

    def team(self, **changes: str) -> Team[Any]:
        """The team, with its server not connected yet."""
        return load_team(self._world.settings(TEAM="operations", **changes))

    def mcp_file(self, *changes: tuple[str, str]) -> str:
        """The team's mcp.toml with some of its text replaced, and its lock beside it; the path for MCP_FILE."""
        text = (HOME / "mcp.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (self._folder / "mcp.toml").write_text(text, encoding="utf-8")
        shutil.copy(HOME / "mcp.lock", self._folder / "mcp.lock")
        return str(self._folder / "mcp.toml")

    async def accepts(self, path: str, what: str = "") -> str:
        """Accept what the tools are now, as `countersign mcp accept` does; the path for MCP_FILE."""
        settings = self._world.settings(TEAM="operations", MCP_FILE=path)
        assert await mcp_accept.accept(settings, operations_team.team(), what, self.said.append)
        return path

    def switch(self, **to: Any) -> None:
        """Let something go wrong, or go right again."""
        with state.switched(self.file) as switches:
            for name, value in to.items():
                setattr(switches, name, value)

    @property
    def now(self) -> State:
        """The services, and every call that came in."""
        return state.read(self.file)

    @property
    def restarts(self) -> int:
        """How often the service of the tests was restarted."""
        return self.now.services["checkout"].restarts

    def scripted(self, *turns: Step, last: str = "That was all.") -> None:
        """Let the model hand over to Operations, take these turns, and end with these words."""
        self._world.model.script(Calls([("transfer_to_operations", {})]), *turns, Text(last))

    def heard(self) -> str:
        """Everything that the model was ever told."""
        return str(self._world.model.asked())

    async def question(self, thread: str) -> Message:
        """Wait for the card that asks whether something happened."""
        await self._world.slack.until(lambda: self.questions(thread))
        return self.questions(thread)[-1]

    def questions(self, thread: str) -> list[Message]:
        """The cards that still ask it."""
        return [message for message in self._world.replies(thread) if "happened" in ids(message)]


def restart(service: str = "checkout") -> Calls:
    """A turn that restarts a service."""
    return Calls([("ops__restart_service", {"service": service})])


@pytest.fixture
def ops(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operations:
    """Services of its own, which nobody has touched yet."""
    made = Operations(world, tmp_path)
    monkeypatch.setenv("OPERATIONS_STATE", str(made.file))
    return made
