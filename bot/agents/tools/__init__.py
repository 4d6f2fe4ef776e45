"""Every tool of the agents. A new one is a file beside these and a line here."""

from __future__ import annotations

from decimal import Decimal

from agents import Tool

from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.billing import get_invoice, refund_tool, refunds_over
from bot.agents.tools.shell import shell_tool
from bot.policy import Policy


def read_tools() -> list[Tool]:
    """The tools that only look."""
    return [get_invoice]


def approved_tools(
    *, refund_approval_over: Decimal, refund_two_over: Decimal, shell: Policy | None = None
) -> list[ApprovedTool]:
    """The tools with a side effect, each with its policy; Developer's shell where it has one."""
    refund = refund_tool(refunds_over(refund_approval_over, two_over=refund_two_over))
    return [refund] if shell is None else [refund, shell_tool(shell)]
