"""What who asked for a call is told of it in their thread: each change once, in Slack's markup. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.approvals.approval import Approval, ApprovalStatus, Edit
from bot.slack.below_cards import named
from bot.slack.blocks import person, short
from bot.slack.card_words import edited as changes
from bot.slack.deceptive_characters import visible
from bot.slack.durations import duration
from bot.slack.limits import NOTE
from bot.slack.markdown import escape

_CLOSED = {
    ApprovalStatus.APPROVED: "was approved",
    ApprovalStatus.REJECTED: "was rejected",
    ApprovalStatus.EXPIRED: "has expired: nobody decided in time",
}


def edited(approval: Approval, change: Edit) -> str:
    """Somebody changed the arguments."""
    what = escape(short(changes(change), NOTE))
    by = person(change.by)
    return f"{person(approval.requester)} {named(approval)} was changed by {by}, and all decide anew:\n{what}"


def half_approved(approval: Approval) -> str:
    """Some have agreed, and others have yet to."""
    missing = approval.missing
    counts = [
        f"{one.quorum - missing.get(one.role, 0)} of {one.quorum} of {_role(one.role)}"
        for one in approval.requirements
    ]
    return f"{person(approval.requester)} {' and '.join(counts)} have agreed on {named(approval)}."


def asked_anew(approval: Approval) -> str:
    """What it would do is another by now, so that those who had agreed are asked once more."""
    return (
        f"{person(approval.requester)} What {named(approval)} would do has changed since somebody approved it, so all "
        "are asked anew."
    )


def closed(approval: Approval) -> str:
    """It is closed while others of its run still wait; empty for what needs no word."""
    became = _CLOSED.get(approval.status, "")
    if not became:
        return ""
    return f"{person(approval.requester)} {named(approval)} {became}. I go on when the others are decided as well."


def reminded(approval: Approval, roles: Iterable[str], now: datetime) -> str:
    """Those who decide were reminded."""
    who = " and ".join(_role(role) for role in sorted(roles))
    left = duration(approval.expires_at - now)
    return f"{person(approval.requester)} I have reminded {who} of {named(approval)}. {left} left."


def escalated(approval: Approval, role: str, backup: str) -> str:
    """The backup of a role may decide as well."""
    return (
        f"{person(approval.requester)} Nobody of {_role(role)} has decided on {named(approval)} yet, so "
        f"{_role(backup)} may as well."
    )


def _role(role: str) -> str:
    return escape(short(visible(role, keep=""), 100))
