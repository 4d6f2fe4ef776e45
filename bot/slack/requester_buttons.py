"""What who asked for a call can click: on the card in their thread, and below the question whether to withdraw."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.approvals.approval import Approval, Question
from bot.slack import actions, limits
from bot.slack.blocks import Block, buttons, short
from bot.slack.card_words import what_of

#: How many calls the question names.
MOST = 5


def on_card(approval: Approval) -> list[Block]:
    """The buttons on the thread's card. Everybody there sees them, and they count for one person."""
    if approval.is_final:
        return []
    offered: list[Block] = []
    if approval.question is Question.GO_AHEAD:
        offered.append(actions.button(actions.WITHDRAW, "Withdraw", approval.id))
    if approval.nudged_at is None:
        offered.append(actions.button(actions.REMIND, "Remind them", approval.id))
    return offered


def question(approvals: Sequence[Approval]) -> str:
    """Ask who asked whether to withdraw what waits."""
    if len(approvals) == 1:
        return f"Shall I withdraw this: {what_of(approvals[0])}? Until you press the button, it waits on."
    return "Which of these shall I withdraw? Until you press a button, all of them wait on."


def below_question(approvals: Sequence[Approval]) -> list[Block]:
    """The buttons below that question, one for each call that still waits."""
    waiting = [approval for approval in approvals if not approval.is_final][:MOST]
    labels = ["Withdraw" if len(approvals) == 1 else f"Withdraw: {what_of(approval)}" for approval in waiting]
    return [  # a block each: all have the same action
        buttons(actions.button(actions.WITHDRAW_SAID, short(label, limits.BUTTON_TEXT), approval.id))
        for label, approval in zip(labels, waiting, strict=True)
    ]
