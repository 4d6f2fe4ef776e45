"""What else was done, or is asked for, on what a call acts on: for who decides, on its card. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.same_target import OtherCall
from bot.slack.blocks import Block, mrkdwn, plain, section, short, when
from bot.slack.deceptive_characters import visible
from bot.slack.markdown import escape

#: Characters of a target that are shown.
_TARGET: Final = 80


def target_blocks(approval: Approval) -> Iterator[Block]:
    """List other calls of the tool on the same target, the latest ones last; nothing where there are none.

    The target is text that nothing reads as markup, and nobody is mentioned: it is not theirs to decide.
    """
    about = approval.on_target
    if about is None or not about.calls:
        return
    named = short(visible(about.target, keep=""), _TARGET)
    yield section(plain(f"Also on {named}:"))
    more = about.count - len(about.calls)
    lines = [f"• and {more:,} more before"] if more else []
    yield section(mrkdwn("\n".join([*lines, *map(_line, about.calls)])))


def _line(one: OtherCall) -> str:
    what = f"{escape(one.amount)}, " if one.amount else ""
    return f"• {what}{'asked for' if one.waits else 'allowed'} {when(one.at)}{', not decided yet' if one.waits else ''}"
