"""What the demo has to know of the team that it runs, before a bot does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from bot.settings.config import Settings
from bot.wiring import policy_table
from bot.wiring.team import read_policies
from countersign.teams import support

#: The team of the demo.
USUAL: Final = "support"


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """The roles that a team may ask, its examples, its own settings, and whether one of it works in a sandbox."""

    name: str
    roles: frozenset[str]
    examples: Mapping[str, str]
    settings: Mapping[str, str]
    sandbox: bool

    @property
    def leading(self) -> str:
        """The role of whom the page proposes as an approver: the team's own, before that of commands."""
        return min(self.roles, key=lambda role: (role == "ops", role), default="ops")


def demo_team(name: str, directory: Path, mcp_file: Path | None = None) -> DemoTeam:
    """Read a team; the support team's is known, for its billing starts with the demo.

    What the demo keeps for it is in `directory`. Raises `ConfigError` for a team, or an mcp.toml, that cannot be used.
    """
    if name == USUAL and mcp_file is None:
        return DemoTeam(name, frozenset({"finance", "ops"}), support.EXAMPLES, {}, sandbox=True)
    team = read_policies(Settings(team=name, mcp_file=mcp_file))
    sandbox = any(one.sandbox for one in team.specialists)
    roles = policy_table.roles(team.approved) | ({"ops"} if sandbox else set[str]())
    own = {**_own_settings(), "OPERATIONS_STATE": str(directory / "operations.json")}
    return DemoTeam(name, roles, team.examples, own, sandbox)


def _own_settings() -> dict[str, str]:
    """What a team needs of its own: from the `.env` of this folder, where its modules are found as well."""
    given = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return given | {"PYTHONPATH": str(Path.cwd())}
