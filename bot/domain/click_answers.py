"""What a person is told privately whose click came too late, or on something that cannot be clicked."""

from __future__ import annotations

from bot.domain.approvals.approval import Approval, ApprovalStatus

ALREADY_CLOSED = "This was closed before you pressed the button."
GONE_ON = "This thread has gone on since, so there is nothing to try again. Please write it once more."
NOT_A_CARD = "The assistant wrote this. It is not an approval card: nothing here can be approved."
ANOTHER_WORKSPACE = "Only people of the workspace that I belong to can do this, so your click did nothing."
UNKNOWN_CARD = "I no longer know this card, so your click did nothing."


def already_closed(approval: Approval) -> str:
    """Tell a late clicker, privately, what became of the approval."""
    match approval.status:
        case ApprovalStatus.WITHDRAWN:
            return f"This was withdrawn. {approval.closed_why} Your click did nothing."
        case ApprovalStatus.EXPIRED:
            return "This approval has expired. Your click did nothing."
        case _:
            by = f" by <@{approval.decisions[-1].by}>" if approval.decisions else ""
            return f"This was already {approval.status}{by}. Your click did nothing."


#: Who pressed a thumb is told that it counts.
HELPED = "Noted: this helped. Thank you! The other thumb changes it."
DID_NOT_HELP = "Noted: this did not help. Thank you for saying so. The other thumb changes it."
