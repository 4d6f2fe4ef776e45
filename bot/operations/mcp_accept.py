"""`countersign mcp accept`: writes down what the tools of MCP servers are, so that any change of them is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.agents.mcp import lock as mcp_lock
from bot.agents.mcp.connection import Connection
from bot.agents.mcp.described import Described, offered_name
from bot.agents.mcp.lock import Lock
from bot.agents.team import Team
from bot.domain.errors import BotError, ToolUnreachable
from bot.settings.config import Settings
from bot.slack.deceptive_characters import visible
from bot.wiring.mcp import Mcp, load
from bot.wiring.team import path_of


class NothingToAccept(BotError):
    """There is no such server or tool."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be accepted: one tool, one server's, or all."""

    server: str = ""
    tool: str = ""

    def covers(self, server: str, tool: str) -> bool:
        """Whether that tool is among it."""
        return self.server in {"", server} and self.tool in {"", tool}


async def accept(settings: Settings, team: Team[Any], what: str, say: Callable[[str], None]) -> bool:
    """Ask the servers and write mcp.lock; `what` is empty, SERVER or SERVER:TOOL. False where something was not accepted.

    Raises `NothingToAccept`, and `ConfigError` for an mcp.toml that cannot be used.
    """
    path = path_of(settings, team)
    if path is None:
        raise NothingToAccept(f"The team {team.name} has no mcp.toml, and MCP_FILE names none.")
    mcp = load(path)
    server, _, tool = what.partition(":")
    wanted = Wanted(server, tool)
    named = [(name, one) for name, each in mcp.file.servers.items() for one in each.tools]
    if not any(wanted.covers(*pair) for pair in named):
        raise NothingToAccept(f"{path.name} names nothing that is called {what}.")
    is_whole, lock = True, mcp.lock
    for connection in mcp.connections:
        if wanted.server in {"", connection.name}:
            lock, is_good = await _of_server(mcp, lock, connection, wanted, say)
            is_whole = is_whole and is_good
    if lock != mcp.lock:
        await asyncio.to_thread(mcp_lock.write, mcp_lock.path_beside(path), lock)
        say(f"Written: {mcp_lock.path_beside(path)}. Commit it, and restart the bots.")
    return is_whole


async def _of_server(
    mcp: Mcp, lock: Lock, connection: Connection, wanted: Wanted, say: Callable[[str], None]
) -> tuple[Lock, bool]:
    try:
        offers = await connection.look()
    except ToolUnreachable:
        say(f"✗ The MCP server {connection.name} cannot be reached.")
        return lock, False
    finally:
        await connection.close()
    is_good = True
    for tool, rule in connection.server.tools.items():
        if rule == "deny" or not wanted.covers(connection.name, tool):
            continue
        lock, told = _judged(lock, connection, tool, offers)
        is_good = is_good and not told.startswith("✗")
        say(told)
    return lock, is_good


def _judged(
    lock: Lock, connection: Connection, tool: str, offers: Mapping[str, Described]
) -> tuple[Lock, str]:
    """Accept one tool if it is fit for that, and say what came of it."""
    server, identity = connection.name, connection.server.identity
    name = offered_name(server, tool)
    if tool not in offers:
        return lock.without(server, tool), f"✗ {name}: the server has no such tool."
    now = offers[tool]
    if problems := [*now.problems()]:
        return lock.without(server, tool), f"✗ {name} is not accepted: {'; '.join(problems)}."
    before = lock.accepted(server, tool, identity)
    if before is not None and before.fingerprint(identity) == now.fingerprint(identity):
        return lock.with_tool(server, now, identity), f"= {name} is as it was accepted."
    changed = "changed" if (server, tool) in lock.tools else "new"
    return lock.with_tool(server, now, identity), "\n".join(
        [f"✓ {name} ({changed}) is accepted now:", *_shown(now)]
    )


def _shown(tool: Described) -> Iterator[str]:
    """What was accepted, to be read before it is committed."""
    if tool.title:
        yield f"    “{visible(tool.title, keep='')}”"
    for line in tool.description.splitlines():
        yield f"    {visible(line)}"
    for argument in sorted(tool.arguments):
        yield f"    · {visible(argument)}"
