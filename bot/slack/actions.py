"""The codec of buttons: their ids, and the opaque value each one carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.domain.approvals.approval import Approval
from bot.slack import limits

APPROVE: Final = "approve"
APPROVE_REST: Final = "approve_rest"
REJECT: Final = "reject"
EDIT: Final = "edit"
DETAILS: Final = "details"
#: For who asked: on the card, and below the bot's question whether to.
WITHDRAW: Final = "withdraw"
WITHDRAW_SAID: Final = "withdraw_said"
HAPPENED: Final = "happened"
NOT_HAPPENED: Final = "not_happened"
TRY_AGAIN: Final = "try_again"
REMIND: Final = "remind"
STAND_IN: Final = "stand_in"
RETURN: Final = "return"
RESET: Final = "reset_thread"
STOP: Final = "stop"
RETRY: Final = "retry"
CONTINUE: Final = "continue"
#: Below an answer: Slack's own thumbs, and the plain buttons in their place.
THUMBS: Final = "thumbs"
THUMB_UP: Final = "thumb_up"
THUMB_DOWN: Final = "thumb_down"

#: The callback ids of the forms behind Reject, "Show everything" (where the card cannot show it), Edit and "Choose a stand-in".
REJECT_FORM: Final = "reject_reason"
APPROVE_FORM: Final = "approve_whole"
EDIT_FORM: Final = "edit_arguments"
STAND_IN_FORM: Final = "stand_in_form"

IDS: Final = frozenset(
    {
        *(APPROVE, APPROVE_REST, REJECT, EDIT, DETAILS, HAPPENED, NOT_HAPPENED, TRY_AGAIN),
        *(RESET, STOP, RETRY, CONTINUE, STAND_IN, RETURN, WITHDRAW, WITHDRAW_SAID, REMIND),
        *(THUMBS, THUMB_UP, THUMB_DOWN),
    }
)


def pack(action_id: str, value: str) -> str:
    """Write a button's value, bound to its action; raises `ValueError` over Slack's limits."""
    if action_id not in IDS:
        raise ValueError(f"not an action of ours: {action_id!r}")
    packed = f"{action_id}:{value}"
    if not value or len(packed) > limits.BUTTON_VALUE:
        raise ValueError(f"a button's value has 1 to {limits.BUTTON_VALUE} characters, not {len(packed)}")
    return packed


def unpack(action: Mapping[str, Any]) -> str | None:
    """Read the value of a clicked button; None for a button that is not ours or was altered."""
    action_id, packed = action.get("action_id"), action.get("value")
    if action_id not in IDS or not isinstance(packed, str):
        return None
    prefix, _, value = packed.partition(":")
    return value if prefix == action_id and value else None


def pack_approval(approval: Approval) -> str:
    """Name an approval and what a card shows of it."""
    return f"{approval.id}:{approval.shown}"


def unpack_approval(value: str) -> tuple[str, str]:
    """Read the id, and the fingerprint where there is one."""
    approval_id, _, fingerprint = value.partition(":")
    return approval_id, fingerprint


def button(action_id: str, label: str, value: str, *, style: str | None = None) -> dict[str, Any]:
    """Build a button; `style` is Slack's "primary" or "danger"."""
    element: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label[: limits.BUTTON_TEXT], "emoji": False},
        "value": pack(action_id, value),
    }
    return element | ({"style": style} if style else {})


def confirm(what: str, verb: str = "Approve") -> dict[str, Any]:
    """Ask once more before a click counts.

    https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
    """
    question = f"{what}\n\n{verb}? Please look at the card once more."
    return confirmed("High stakes", question, verb, "Not yet")


def confirmed(title: str, text: str, verb: str, deny: str) -> dict[str, Any]:
    """Ask once before a click counts, in these words."""
    return {
        "title": _plain(title),
        "text": _plain(text[: limits.CONFIRM_TEXT]),
        "confirm": _plain(verb),
        "deny": _plain(deny),
        "style": "danger",
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
