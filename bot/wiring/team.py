"""Which team this bot is: found by TEAM, made once, and what is wrong with it said in plain sentences."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, cast

from pydantic import ValidationError

from bot.agents.team import Team
from bot.domain.policies_only import policies_only
from bot.settings.config import ConfigError, Settings

log = logging.getLogger(__name__)

#: Packages offer teams in this group of entry points.
GROUP: Final = "countersign.teams"
#: How a team's module calls it where TEAM names the module alone.
USUAL: Final = "team"
#: Where an operator gives what is missing.
WHERE: Final = "Set it in .env (as in .env.example) or in the environment."


def read_policies(settings: Settings) -> Team[Any]:
    """Make the team for its policies alone: its secrets may be missing, and it must not be served.

    Raises `ConfigError` where there is none, or where other settings of its own are not usable.
    """
    with policies_only():
        return load_team(settings)


def load_team(settings: Settings) -> Team[Any]:
    """Make the team that TEAM names, with the tools of its MCP servers.

    Raises `ConfigError` where there is none, or where its own settings or its mcp.toml are not usable.
    """
    team = bare_team(settings)
    path = path_of(settings, team)
    if path is None:
        return team
    # Imported here because it loads the client of MCP, which a team without servers does not need.
    from bot.wiring.mcp import with_mcp

    return with_mcp(team, path)


def path_of(settings: Settings, team: Team[Any]) -> Path | None:
    """The mcp.toml that counts: MCP_FILE, or the team's own; None where there is none."""
    return settings.mcp_file or team.mcp


def bare_team(settings: Settings) -> Team[Any]:
    """Make it without these: of an entry point, or of a module that can be imported from here. Raises `ConfigError`."""
    made = _found(settings.team)
    try:
        team = made() if callable(made) else made
    except ValidationError as error:
        raise ConfigError(list(_problems(error, settings.team))) from None
    except ValueError as error:
        raise ConfigError([f"TEAM={settings.team} cannot work: {error}."]) from None
    if not isinstance(team, Team):
        raise ConfigError([f"TEAM={settings.team} names something that is no team."])
    return cast("Team[Any]", team)


def _found(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not attribute and (offered := {one.name: one for one in entry_points(group=GROUP)}.get(module)):
        return _loaded(offered, name)
    if str(Path.cwd()) not in sys.path:  # the installed command does not look where it is started
        sys.path.append(str(Path.cwd()))  # behind what is installed, which it must not hide
    return _loaded(EntryPoint(module, f"{module}:{attribute or USUAL}", GROUP), name)


def _loaded(entry: EntryPoint, name: str) -> Any:
    try:
        importlib.invalidate_caches()
        return entry.load()
    except ModuleNotFoundError as error:
        if error.name and not f"{entry.module}.".startswith(f"{error.name}."):
            raise ConfigError(
                [f"TEAM={name} needs the module {error.name}, which is not installed."]
            ) from None
        known = ", ".join(sorted(one.name for one in entry_points(group=GROUP)))
        raise ConfigError(
            [f"TEAM={name} was not found; it is a module of yours, or one of: {known}."]
        ) from None
    except (AttributeError, ImportError):
        raise ConfigError([f"TEAM={name}: {entry.module} has no {entry.attr}."]) from None


def _problems(error: ValidationError, team: str) -> Iterator[str]:
    notes: list[str] = getattr(error, "__notes__", [])
    what = {name: text for name, _, text in (note.partition(": ") for note in notes)}
    for detail in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in detail["loc"]).upper() or "A setting"
        if detail["type"] == "missing":
            of = what.get(name.lower(), f"the team {team} needs it")
            yield f"{name} is missing: {of}. {WHERE}"
        else:
            yield f"{name} {detail['msg'].removeprefix('Value error, ')[:1].lower()}{detail['msg'].removeprefix('Value error, ')[1:]}."
