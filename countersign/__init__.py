"""Countersign: put a person before the tools of an agent.

This is what a team of agents is written with, and all that is promised to stay: names of this package follow
https://semver.org, everything in `bot` may change with any release. How to begin: `countersign new-team NAME`, and
docs/teams.md.
"""

from __future__ import annotations

from agents import function_tool
from agents.tool_context import ToolContext as _SdkToolContext

from bot.agents.attempt import Attempt
from bot.agents.context import RunContext, S
from bot.agents.team import Specialist, Team
from bot.agents.tools.approval import ApprovedTool, approved_tool
from bot.domain.approvals.asker import Asker
from bot.domain.approvals.bound import RestOfRun
from bot.domain.approvals.condition import (
    ALWAYS,
    GUESTS,
    MEMBERS,
    STRANGERS,
    Call,
    Condition,
    asked_by,
    asked_in,
    one_of,
    over,
)
from bot.domain.approvals.earlier import EarlierCall, LookBack
from bot.domain.approvals.policy import Policy, Rule, ask
from bot.domain.approvals.preview import Fact, Preview
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.approvals.totals import count, total
from bot.domain.errors import OutcomeUnknown, Starved
from bot.domain.finding import Finding, Level
from bot.domain.numbers import number
from bot.domain.resources import is_shortage
from bot.domain.tiers import Tier
from bot.telemetry.outgoing import outgoing
from countersign.settings import TeamSettings
from countersign.types import Amount, CalendarDay, Currency, Day, Matching, Money

#: What a tool gets first: `ctx.context` has `services`, `attempt`, `requester` and `thread`. `ToolContext[Payroll]`
#: says of which type the services are.
ToolContext = _SdkToolContext[RunContext[S]]

__all__ = [
    "ALWAYS",
    "GUESTS",
    "MEMBERS",
    "STRANGERS",
    "Amount",
    "ApprovedTool",
    "Asker",
    "Attempt",
    "CalendarDay",
    "Call",
    "Condition",
    "Currency",
    "Day",
    "EarlierCall",
    "Fact",
    "Finding",
    "Level",
    "LookBack",
    "Matching",
    "Money",
    "OutcomeUnknown",
    "Policy",
    "Preview",
    "Requirement",
    "RestOfRun",
    "Rule",
    "RunContext",
    "Severity",
    "Specialist",
    "Starved",
    "Team",
    "TeamSettings",
    "Tier",
    "ToolContext",
    "approved_tool",
    "ask",
    "asked_by",
    "asked_in",
    "count",
    "function_tool",
    "is_shortage",
    "number",
    "one_of",
    "outgoing",
    "over",
    "total",
]
