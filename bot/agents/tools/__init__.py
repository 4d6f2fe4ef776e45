"""Every tool of the Billing agent. A new one is a file beside these and a line here."""

from __future__ import annotations

from decimal import Decimal

from agents import Tool

from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.billing import get_invoice, refund_tool, refunds_over


def read_tools() -> list[Tool]:
    """The tools that only look."""
    return [get_invoice]


def approved_tools(*, refund_approval_over: Decimal, refund_two_over: Decimal) -> list[ApprovedTool]:
    """The tools with a side effect, each with its policy."""
    return [refund_tool(refunds_over(refund_approval_over, two_over=refund_two_over))]
