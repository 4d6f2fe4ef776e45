"""What is said below a card: reminders and escalations, in Slack's markup with working mentions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.deadlines import may_nudge_at
from bot.domain.approvals.staffing import Gap, Why
from bot.domain.click_answers import already_closed
from bot.domain.errors import AlreadyDecided, DecisionRefused, NudgedAlready, NudgedTooSoon
from bot.slack.blocks import person, short, when
from bot.slack.card_words import what_of
from bot.slack.deceptive_characters import visible
from bot.slack.durations import duration
from bot.slack.markdown import escape

#: Characters of what is asked for that a line below a card shows.
NAMED: Final = 200
_ADD: Final = "Whoever looks after the bot in your company can add somebody."
#: Why nobody can decide, and what helps.
_LACKS: Final = {
    Why.NOT_LISTED: ("nobody is named for it in my settings.", f"{_ADD[:-1]} there (APPROVERS)."),
    Why.NO_MEMBERS: (
        "its group in Slack is empty, switched off or gone.",
        "An administrator of Slack can put people into it.",
    ),
    Why.HAD_A_HAND: (
        "all of its people asked for this or changed it, and nobody decides on their own.",
        _ADD,
    ),
    Why.NOT_REGULAR: (
        "those of its people who had no hand in this are guests, apps or deactivated, who do not count.",
        _ADD,
    ),
    Why.TOO_FEW: (
        "too few are left: each decides for one role only, and never on what they asked for.",
        _ADD,
    ),
}


def mentions(names: Iterable[str]) -> str:
    """Mention people and user groups by id, so that they are notified."""
    return " ".join(f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>" for name in names)


def reminder(approval: Approval, asked: Sequence[str], now: datetime) -> str:
    """Remind those who have not decided yet, with how long is left."""
    left = duration(approval.expires_at - now)
    by = person(approval.requester)
    return f"{mentions(asked)} {named(approval)} still waits for you. Asked by {by}, {left} left.".strip()


def not_nudged(approval: Approval, refusal: DecisionRefused) -> str:
    """Tell privately why the approvers are not reminded now, and when they can be, or were."""
    match refusal:
        case AlreadyDecided():
            return already_closed(approval)
        case NudgedTooSoon():
            return (
                f"{refusal.user_message} You can have them reminded from {when(may_nudge_at(approval))} on."
            )
        case NudgedAlready() if approval.nudged_at is not None:
            return f"{refusal.user_message} It was {when(approval.nudged_at)}."
        case _:
            return refusal.user_message


def agreed_before(approval: Approval, people: Sequence[str]) -> str:
    """Tell those who had agreed to what is another now, by an edit or in the world, that they are asked anew."""
    return (
        f"{mentions(people)} {named(approval)} has changed since you approved it, so your approval does not count any "
        "more. Please look at the card, and approve it again if you still agree."
    )


def escalation(approval: Approval, role: str, backup: Sequence[str]) -> str:
    """Tell the backup that they may decide now."""
    late = escape(visible(role, keep=""))
    return f"{mentions(backup)} Nobody of {late} has decided on {named(approval)} yet, so you may as well.".strip()


def undecidable(approval: Approval, gaps: Sequence[Gap], now: datetime) -> str:
    """Tell who asked that nobody can decide, for want of whom, and what helps."""
    lines = [f"{person(approval.requester)} Nobody can decide on {named(approval)} as things are."]
    lines += [f"• {_lack(gap)}" for gap in gaps]
    left = duration(approval.expires_at - now)
    lines.append(f"I keep looking and say here when it can be decided; it lapses in {left}.")
    return "\n".join(lines)


def decidable(approval: Approval) -> str:
    """Tell who asked that there are enough people again. Another replica may know of them a minute later."""
    who = person(approval.requester)
    return (
        f"{who} {named(approval)} can be decided again, in a minute at the latest: there are enough people."
    )


def _lack(gap: Gap) -> str:
    role = escape(visible(gap.role, keep=""))
    why, help_ = _LACKS[gap.why]
    needs = f"{gap.lacks} more" if gap.able else f"{gap.lacks}"
    return f"It needs {needs} of {role}, but {why} {help_}"


def named(approval: Approval) -> str:
    """Name what is asked for in a line of the bot's own, as its card does."""
    return f"*{escape(short(what_of(approval), NAMED))}*"
