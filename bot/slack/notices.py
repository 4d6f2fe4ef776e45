"""What is said below a card: reminders and escalations, in Slack's markup with working mentions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.approval import Approval
from bot.slack.arguments import amount
from bot.slack.blocks import person
from bot.slack.cards import tool_of
from bot.slack.markdown import escape
from bot.slack.visible import visible


def mentions(names: Iterable[str]) -> str:
    """Mention people and user groups by id, so that they are notified."""
    return " ".join(f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>" for name in names)


def reminder(approval: Approval, asked: Sequence[str], now: datetime) -> str:
    """Remind those who have not decided yet, with how long is left."""
    left = duration(approval.expires_at - now)
    by = person(approval.requester)
    return f"{mentions(asked)} {_what(approval)} still waits for you. Asked by {by}, {left} left.".strip()


def escalation(approval: Approval, role: str, backup: Sequence[str]) -> str:
    """Tell the backup that they may decide now."""
    late = escape(visible(role, keep=""))
    return f"{mentions(backup)} Nobody of {late} has decided on {_what(approval)} yet, so you may as well.".strip()


def duration(time: timedelta) -> str:
    """Say how long, in the largest unit that fits."""
    minutes = max(int(time.total_seconds() // 60), 0)
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def _what(approval: Approval) -> str:
    what = " · ".join(filter(None, (tool_of(approval), amount(approval.arguments))))
    return f"*{escape(what)}*"
