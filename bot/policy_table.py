"""`countersign policies`: every rule of every tool as a row, with the people of its role."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from bot.agents.tools.approval import ApprovedTool
from bot.config import Settings
from bot.outfit import all_approved
from bot.requirement import Requirement

HEADINGS = ("Tool", "When", "Who", "Deadline", "Reminder", "Backup", "Stakes", "Also allowed")


def table(settings: Settings, tools: Sequence[ApprovedTool] | None = None) -> str:
    """Draw the table of the bot's own tools, or of these."""
    tools = all_approved(settings) if tools is None else tools
    rows = [HEADINGS, *(row for tool in tools for row in _rows(settings, tool))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    named = sorted({role for tool in tools for role in tool.policy.roles()})
    people = [f"{role}: {', '.join(settings.approvers.get(role, ())) or 'nobody'}" for role in named]
    return "\n".join([*(line.rstrip() for line in lines), "", *people])


def fingerprint(settings: Settings, tools: Sequence[ApprovedTool]) -> str:
    """Name a set of policies: by what the table shows, people included, and who is asked what happened."""
    unknown_to = [f"{tool.tool.name}: {tool.policy.unknown_to}" for tool in tools]
    shown = "\n".join([table(settings, tools), *unknown_to])
    return hashlib.sha256(shown.encode()).hexdigest()[:12]


def roles(settings: Settings) -> frozenset[str]:
    """Every role that the policies of the bot's own tools may turn to."""
    return frozenset(role for tool in all_approved(settings) for role in tool.policy.roles())


def _rows(settings: Settings, tool: ApprovedTool) -> list[tuple[str, ...]]:
    allowed = [f"edit {', '.join(tool.policy.editable)}"] if tool.policy.editable else []
    allowed += ["rest of run"] if tool.policy.rest_of_run else []
    allowed += ["rejection needs a reason"] if tool.policy.reason_required else []
    if not tool.policy.rules:
        return [(tool.tool.name, "never", "", "", "", "", "", "; ".join(allowed))]
    return [
        (tool.tool.name, rule.when.text, *_terms(settings, rule.requirement), "; ".join(allowed))
        for rule in tool.policy.rules
    ]


def _terms(settings: Settings, one: Requirement) -> tuple[str, ...]:
    deadline = one.expires_after or settings.approval_ttl
    backup = (
        f"{one.escalate_to} after {_long(one.escalate_after or deadline / 2)}" if one.escalate_to else "-"
    )
    return (
        f"{one.quorum} of {one.role}",
        _long(deadline),
        f"after {_long(one.remind_after)}" if one.remind_after else "-",
        backup,
        one.severity.name.lower(),
    )


def _long(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:g} h" if hours >= 1 else f"{time / timedelta(minutes=1):g} min"
