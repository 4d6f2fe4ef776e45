"""What a card says of who asked, while it waits and afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.approvals.approval import Approval
from bot.slack.blocks import Block, mrkdwn, person, section, when


def reminded(approval: Approval) -> Iterator[Block]:
    """That who asked had the approvers reminded."""
    if approval.nudged_at is not None:
        yield section(
            mrkdwn(f"*Reminded* {when(approval.nudged_at)}, as {person(approval.requester)} wanted")
        )


def words_changed(approval: Approval) -> Iterator[Block]:
    """That the words were changed from which the call was made."""
    if approval.words_changed_at is not None:
        yield section(
            mrkdwn(
                f"*The message that asked for this was changed afterwards* ({when(approval.words_changed_at)}). "
                "What stands here is what it asked for before."
            )
        )
