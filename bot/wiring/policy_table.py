"""`countersign policies`: every rule of every tool as a row, with the people of its role."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.agents.mcp.report_rows import RemoteTool
from bot.agents.team import Team
from bot.agents.tools.approval import ApprovedTool
from bot.domain.approvals.bound import RestOfRun
from bot.domain.approvals.requirement import Requirement
from bot.settings.config import Settings

HEADINGS = ("Tool", "When", "Who", "Deadline", "Reminder", "Backup", "Stakes", "Also allowed")
REMOTE_HEADINGS = ("MCP tool", "Calls", "The server says it is", "Accepted as")


def table(settings: Settings, tools: Sequence[ApprovedTool]) -> str:
    """Draw the table of these tools."""
    lines = _drawn([HEADINGS, *(row for tool in tools for row in _rows(settings, tool))])
    named = sorted({role for tool in tools for role in tool.policy.roles()})
    people = [f"{role}: {_people(settings, role)}" for role in named]
    return "\n".join([*lines, "", *people])


def remote_table(tools: Sequence[RemoteTool]) -> str:
    """Draw what an mcp.toml makes of the tools of MCP servers. What the servers say of them is nobody's promise."""
    rows = [(one.name, one.word, ", ".join(one.hints), one.fingerprint[:12]) for one in tools]
    return "\n".join(_drawn([REMOTE_HEADINGS, *rows]))


def _drawn(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose first row is its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return [line.rstrip() for line in lines]


def _people(settings: Settings, role: str) -> str:
    channel = settings.approval_channels.of(role)
    people = ", ".join(settings.approvers.get(role, ())) or "nobody"
    return f"{people}, asked in {channel}" if channel else people


def fingerprint(settings: Settings, team: Team[Any], tools: Sequence[ApprovedTool]) -> str:
    """Name a team with its policies: by what the table shows, people included, who is asked what happened, and MCP tools as accepted."""
    unknown_to = [f"{tool.tool.name}: {tool.policy.unknown_to}" for tool in tools]
    # An older replica would lose what people were shown of a preview.
    previews = [f"{tool.tool.name}: preview" for tool in tools if tool.preview]
    agents = [team.name, *(one.name for one in team.specialists)]
    remote = [f"{one.name}: {one.word} {one.fingerprint}" for one in team.remote]
    shown = "\n".join([*agents, table(settings, tools), *previews, *unknown_to, *remote])
    return hashlib.sha256(shown.encode()).hexdigest()[:12]


def roles(tools: Sequence[ApprovedTool]) -> frozenset[str]:
    """Every role that the policies of these tools may turn to."""
    return frozenset(role for tool in tools for role in tool.policy.roles())


def _rows(settings: Settings, tool: ApprovedTool) -> list[tuple[str, ...]]:
    allowed = [f"edit {', '.join(tool.policy.editable)}"] if tool.policy.editable else []
    allowed += [_rest(tool.policy.rest_of_run)] if tool.policy.rest_of_run else []
    allowed += ["rejection needs a reason"] if tool.policy.reason_required else []
    allowed += [f"only if {tool.policy.may_ask.text}"]
    if not tool.policy.rules:
        return [(tool.tool.name, "never", "", "", "", "", "", "; ".join(allowed))]
    return [
        (tool.tool.name, rule.when.text, *_terms(settings, rule.requirement), "; ".join(allowed))
        for rule in tool.policy.rules
    ]


def _terms(settings: Settings, one: Requirement) -> tuple[str, ...]:
    deadline = one.expires_after or settings.approval_ttl
    backup = f"{one.escalate_to} after {long(one.escalate_after or deadline / 2)}" if one.escalate_to else "-"
    return (
        f"{one.quorum} of {one.role}",
        long(deadline),
        f"after {long(one.remind_after)}" if one.remind_after else "-",
        backup,
        one.severity.name.lower(),
    )


def _rest(rest: RestOfRun) -> str:
    up_to = f", up to {rest.up_to:,} in all" if rest.up_to is not None else ""
    return f"rest of run ({rest.calls} calls{up_to})"


def long(time: timedelta) -> str:
    """Say how long, in hours or minutes."""
    hours = time / timedelta(hours=1)
    return f"{hours:g} h" if hours >= 1 else f"{time / timedelta(minutes=1):g} min"
