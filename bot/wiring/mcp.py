"""The MCP servers of a team: mcp.toml and mcp.lock in, a team with their tools out."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents import Tool

from bot.agents.mcp import file as mcp_file
from bot.agents.mcp import lock as mcp_lock
from bot.agents.mcp import references
from bot.agents.mcp.connection import Connection
from bot.agents.mcp.described import is_offerable, offered_name, step, title
from bot.agents.mcp.file import McpFile, McpFileError, Server
from bot.agents.mcp.lock import Lock
from bot.agents.mcp.report_rows import RemoteTool, listed
from bot.agents.mcp.terms import Asks
from bot.agents.mcp.tools import Accepted, allowed, approved
from bot.agents.step_words import checked_step
from bot.agents.team import Team
from bot.agents.tools.approval import ApprovedTool
from bot.domain.errors import ToolUnreachable
from bot.domain.finding import Finding
from bot.domain.policies_only import is_policies_only
from bot.settings import variables
from bot.settings.config import ConfigError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mcp:
    """The files of a team, read, and a connection for each server, not connected yet."""

    path: Path
    file: McpFile
    lock: Lock
    connections: Sequence[Connection]


def load(path: Path) -> Mcp:
    """Read the files, and the variables that they name unless policies alone are read. Raises `ConfigError`."""
    try:
        file = mcp_file.read(path)
        lock = mcp_lock.read(mcp_lock.path_beside(path))
    except McpFileError as error:
        raise ConfigError(error.problems) from None
    names = list(dict.fromkeys(name for one in file.servers.values() for name in one.variables))
    given = {} if is_policies_only() else variables.read(names, path.name)
    values = {name: value.get_secret_value() for name, value in given.items()}
    if problems := [text for name, one in file.servers.items() for text in _unsendable(name, one, values)]:
        raise ConfigError([f"{path.name}: {text}" for text in problems])
    return Mcp(path, file, lock, [Connection(name, one, values) for name, one in file.servers.items()])


def _unsendable(name: str, server: Server, values: Mapping[str, str]) -> Iterator[str]:
    """Headers that no request could carry: the client would say so with the value, at each request."""
    for header, text in server.headers.items():
        used = [variable for variable in references.names([text]) if variable in values]
        if bad := [one for one in used if not (values[one].isascii() and values[one].isprintable())]:
            yield f"servers.{name}.headers.{header}: {bad[0]} holds a line break, or something else that no header can hold."


def with_mcp(team: Team[Any], path: Path) -> Team[Any]:
    """Give a team the tools of the MCP servers in an mcp.toml, and its services the connections to them.

    Raises `ConfigError` for files that cannot be used, with every problem at once.
    """
    mcp = load(path)
    offered = {one.name: [*_rows(mcp, one.name)] for one in team.specialists}
    problems = [*_strangers(mcp, team), *_name_problems(mcp, team), *_title_problems(mcp, team)]
    made: dict[str, list[Tool | ApprovedTool]] = {}
    steps: dict[str, dict[str, str]] = {}
    for name, rows in offered.items():
        made[name], steps[name] = [], {}
        for one, rule in rows:
            try:
                steps[name] |= _steps(one, rule)
                made[name].append(approved(one, rule) if isinstance(rule, Asks) else allowed(one))
            except ValueError as error:
                problems.append(f"{path.name}: {error}.")
    if problems:
        raise ConfigError(problems)
    return dataclasses.replace(
        team,
        specialists=[
            dataclasses.replace(
                one, tools=[*one.tools, *made[one.name]], steps={**one.steps, **steps[one.name]}
            )
            for one in team.specialists
        ],
        services=_services(team, mcp),
        checks=_checks(team, mcp),
        remote=[*remote_tools(mcp)],
    )


def _steps(one: Accepted, rule: str | Asks) -> dict[str, str]:
    """The words for a tool's calls, by its name; none where it asks and has its title. Raises `ValueError`."""
    words = one.connection.server.steps.get(one.tool.name, "")
    if words:
        return {one.name: checked_step(words, one.tool.arguments, one.name)}
    return {} if isinstance(rule, Asks) else {one.name: step(one.connection.name, one.tool)}


def remote_tools(mcp: Mcp) -> Iterator[RemoteTool]:
    """Every tool that the file names."""
    for server, one in mcp.file.servers.items():
        for tool, rule in one.tools.items():
            accepted = mcp.lock.accepted(server, tool, one.identity)
            yield listed(server, offered_name(server, tool), rule, accepted, one.identity)


def _rows(mcp: Mcp, specialist: str) -> Iterator[tuple[Accepted, str | Asks]]:
    """The tools that a specialist gets, each with its rule."""
    for connection in mcp.connections:
        if connection.server.specialist != specialist:
            continue
        for tool, rule in connection.server.tools.items():
            accepted = mcp.lock.accepted(connection.name, tool, connection.server.identity)
            if accepted is not None and rule != "deny":
                yield Accepted(connection, accepted), rule


def _strangers(mcp: Mcp, team: Team[Any]) -> Iterator[str]:
    known = [one.name for one in team.specialists]
    for name, one in mcp.file.servers.items():
        if one.specialist not in known:
            yield f"{mcp.path.name}: servers.{name}.specialist must be one of: {', '.join(known)}."


def _name_problems(mcp: Mcp, team: Team[Any]) -> Iterator[str]:
    taken = {tool.name for one in team.specialists for tool in one.plain}
    taken |= {tool.tool.name for tool in team.approved}
    for server, one in mcp.file.servers.items():
        for tool in one.tools:
            name = offered_name(server, tool)
            if not is_offerable(name):
                yield f"{mcp.path.name}: {name} is too long for the name of a tool (64 characters)."
            if name in taken:
                yield f"{mcp.path.name}: two tools would be called {name}."
            taken.add(name)


def _title_problems(mcp: Mcp, team: Team[Any]) -> Iterator[str]:
    """Two tools that people cannot tell apart on a card."""
    taken = {tool.title for tool in team.approved}
    for server, one in mcp.file.servers.items():
        for tool, rule in one.tools.items():
            if isinstance(rule, Asks):
                shown = rule.title or title(server, tool)
                if shown in taken:
                    yield f"{mcp.path.name}: people would read {shown} for two tools: give {server}:{tool} a title."
                taken.add(shown)


def _services(team: Team[Any], mcp: Mcp) -> Any:
    @asynccontextmanager
    async def services() -> AsyncGenerator[Any]:
        async with AsyncExitStack() as stack:
            for connection in mcp.connections:
                stack.push_async_callback(connection.close)
            # Asked at once, so that a tool that has changed is not even offered; one that is down costs nobody but
            # those who need it.
            await asyncio.gather(*(_greet(mcp, connection) for connection in mcp.connections))
            yield await stack.enter_async_context(team.services())

    return services


def _checks(team: Team[Any], mcp: Mcp) -> Any:
    async def checks(services: Any) -> AsyncIterator[Finding]:
        async for finding in team.checks(services):
            yield finding
        for connection in mcp.connections:
            async for finding in look_at(mcp, connection):
                yield finding

    return checks


async def _greet(mcp: Mcp, connection: Connection) -> None:
    async for finding in look_at(mcp, connection):
        if finding.level is not Finding.ok("").level:
            log.warning("mcp server", extra={"server": connection.name, "found": finding.text})


async def look_at(mcp: Mcp, connection: Connection) -> AsyncIterator[Finding]:
    """Ask a server for its tools, and say how they stand to what is named and accepted."""
    name, server = connection.name, connection.server
    try:
        offers = await connection.look()
    except ToolUnreachable:
        yield Finding.failed(
            f"The MCP server {name} cannot be reached: calls of its tools wait until it can."
        )
        return
    words = [f"{one.name} ({one.word})" for one in remote_tools(mcp) if one.server == name]
    yield Finding.ok(f"The MCP server {name} answers, with {len(offers)} tools. Named: {', '.join(words)}.")
    for tool, rule in server.tools.items():
        accepted = mcp.lock.accepted(name, tool, server.identity)
        if tool not in offers:
            yield Finding.warning(f"The MCP server {name} has no tool {tool} (any more).")
        elif rule == "deny":
            continue
        elif accepted is None:
            yield Finding.warning(
                f"{name}:{tool} is denied: `countersign mcp accept {name}:{tool}` accepts it."
            )
        elif offers[tool].fingerprint(server.identity) != accepted.fingerprint(server.identity):
            yield Finding.warning(
                f"{name}:{tool} is denied, for it has changed since it was accepted: look at it, then "
                f"`countersign mcp accept {name}:{tool}`."
            )
    if unnamed := [tool for tool in offers if tool not in server.tools]:
        yield Finding.ok(
            f"{len(unnamed)} more tools of {name} are denied, for {mcp.path.name} does not name them."
        )
