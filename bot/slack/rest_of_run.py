"""The button that approves a call and some like it in the same run: all that it lets pass stands on it. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.bound import Bound
from bot.slack import actions, limits
from bot.slack.blocks import short
from bot.slack.card_words import tool_of, what_of
from bot.slack.deceptive_characters import visible

#: How its label begins.
LABEL: Final = "Approve, and up to"
#: The least characters of the call itself that the question shows, and what stands around and behind it.
_CALL: Final = 20
_BEHIND: Final = 50


def button(approval: Approval, bound: Bound, value: str) -> dict[str, Any]:
    """Build it, with a question behind it that says the bound in full."""
    asked = actions.confirm(question(approval, bound), verb="Approve")
    asked["title"] = {"type": "plain_text", "text": "And more in this run", "emoji": False}
    return actions.button(actions.APPROVE_REST, label(bound), value) | {"confirm": asked}


def label(bound: Bound) -> str:
    """What stands on it: the sum, the count and the target; the count alone stands in the question where all is too long."""
    what = f"{_sum(bound)} more" if bound.up_to else f"{bound.calls} more"
    words = f"{LABEL} {what}{_on(bound)} in this run"
    return words if len(words) <= limits.BUTTON_TEXT else f"{LABEL} {bound.calls} more in this run"


def question(approval: Approval, bound: Bound) -> str:
    """What is agreed to, in one sentence."""
    together = f", together up to {_sum(bound)}" if bound.up_to else ""
    more = f"up to {bound.calls} more of “{tool_of(approval)}”{_on(bound)} in this run{together}"
    said = f"” now, and {more}. Any new message in the thread ends that."
    return f"“{short(what_of(approval), max(limits.CONFIRM_TEXT - len(said) - _BEHIND, _CALL))}{said}"


def _sum(bound: Bound) -> str:
    return f"{Decimal(bound.up_to):,} {visible(bound.currency, keep='')}".strip()


def _on(bound: Bound) -> str:
    return f" on {visible(bound.target, keep='')}" if bound.target else ""
