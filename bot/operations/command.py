"""How a command of `countersign` reads its settings, runs, and ends where something is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

import typer

from bot.domain.errors import BotError
from bot.settings import loading
from bot.settings.config import ConfigError, Settings

if TYPE_CHECKING:
    from bot.agents.team import Team

#: Exit codes: what was asked for failed; the settings are not usable; Ctrl-C.
FAILED, BAD_SETTINGS, INTERRUPTED = 1, 2, 130

#: What a command uses of the settings where that is not all of them; the rest may be missing or wrong.
TEAM = frozenset({"team", "mcp_file"})
POLICIES = TEAM | frozenset(
    {
        *("approvers", "approvals_channel", "approval_ttl_hours"),
        *("sandbox_backend", "shell_ask", "shell_ask_minutes", "shell_role"),
    }
)
USAGE = frozenset({"redis_url", "redis_prefix", "redis_shards"})
RECORD = USAGE | frozenset({"state_keys", "read_unbound_seals"})
ROSTER = POLICIES | RECORD | {"slack_bot_token", "slack_api_base_url", "lease_seconds"}
HEALTH = frozenset({"health_host", "health_port"})
SANDBOX = frozenset(
    {
        *("sandbox_backend", "sandbox_url", "sandbox_api_key", "sandbox_image", "sandbox_bucket"),
        *("sandbox_minutes", "command_minutes", "workspace_megabytes", "shell_ask"),
    }
)


def read_settings(*, with_team: bool = False, used: Container[str] | None = None) -> Settings:
    """Read the settings; what is wrong with those of the team is said along with what is wrong with these."""
    try:
        return loading.load(used=used)
    except ConfigError as error:
        raise unusable([*error.problems, *(_problems_of_team() if with_team else [])]) from None


def made_team(settings: Settings) -> Team[Any]:
    """The team that the settings name, with everything that it needs."""
    # Imported here because it loads the agents' SDK, which the other commands do not need.
    from bot.wiring.team import load_team

    return _made(load_team, settings)


def policies_of(settings: Settings) -> Team[Any]:
    """The team for its policies alone: without its secrets."""
    from bot.wiring.team import read_policies

    return _made(read_policies, settings)


def _made(make: Callable[[Settings], Team[Any]], settings: Settings) -> Team[Any]:
    try:
        return make(settings)
    except ConfigError as error:
        raise unusable(error.problems) from None


def _problems_of_team() -> list[str]:
    from bot.wiring.team import load_team

    try:
        load_team(loading.read()[0])
    except ConfigError as error:
        return error.problems
    return []


def unusable(problems: Iterable[str]) -> typer.Exit:
    """Complain of settings; returns the exit to be raised."""
    for problem in dict.fromkeys(problems):
        complain(problem)
    return typer.Exit(BAD_SETTINGS)


def complain(text: str) -> None:
    """Say on standard error what is wrong."""
    typer.echo(f"✗ {text}", err=True)


def run(
    work: Coroutine[Any, Any, bool | None],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> bool | None:
    """Run a command's work to its end; a `BotError` is said, and ends the command as failed."""
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BotError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None
