"""The codec of buttons: their ids, and the opaque value each one carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.slack import limits

APPROVE: Final = "approve"
REJECT: Final = "reject"
RESET: Final = "reset_thread"
STOP: Final = "stop"
RETRY: Final = "retry"

#: The callback id of the form behind Reject.
REJECT_FORM: Final = "reject_reason"

IDS: Final = frozenset({APPROVE, REJECT, RESET, STOP, RETRY})


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


def button(action_id: str, label: str, value: str, *, style: str | None = None) -> dict[str, Any]:
    """Build a button; `style` is Slack's "primary" or "danger"."""
    element: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label[: limits.BUTTON_TEXT], "emoji": False},
        "value": pack(action_id, value),
    }
    return element | ({"style": style} if style else {})
