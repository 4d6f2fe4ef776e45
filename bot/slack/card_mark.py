"""What a card says of itself, where people do not see it: whose card it is, and which call it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.approvals.approval import Approval
from bot.slack import actions

#: The `event_type` of a card's metadata.
CARD: Final = "countersign_card"
#: The kind of a card itself, as against a notice about it.
ITSELF: Final = "card"
_DECIDING: Final = frozenset(
    {
        *(actions.APPROVE, actions.APPROVE_REST, actions.REJECT, actions.EDIT),
        *(actions.HAPPENED, actions.NOT_HAPPENED, actions.TRY_AGAIN, actions.WITHDRAW),
    }
)


@dataclass(frozen=True, slots=True)
class CardMark:
    """The approval, what kind of message about it this is, and the call: its tool, the name of its effect.

    The last two are empty on a card of an earlier release.
    """

    approval_id: str
    kind: str = ITSELF
    tool: str = ""
    effect: str = ""

    def is_of(self, approval: Approval, kind: str = ITSELF) -> bool:
        """Whether the message is what was posted about an approval, by whatever release."""
        return (self.approval_id, self.kind) == (approval.id, kind)


def metadata(approval: Approval, kind: str = ITSELF) -> dict[str, Any]:
    """The mark of a card, or of a notice about it, as Slack keeps it beside the message."""
    payload = {"approval_id": approval.id}
    payload |= {} if kind == ITSELF else {"kind": kind}
    payload |= {"tool": approval.tool, "effect": approval.effect} if approval.effect else {}
    return {"event_type": CARD, "event_payload": payload}


def mark_of(message: Mapping[str, Any]) -> CardMark | None:
    """Read the mark of one of the bot's messages; None where it is not about an approval."""
    found: Mapping[str, Any] = message.get("metadata") or {}
    payload: Mapping[str, Any] = found.get("event_payload") or {}
    if found.get("event_type") != CARD or not payload.get("approval_id"):
        return None
    given = (payload.get("kind") or ITSELF, payload.get("tool") or "", payload.get("effect") or "")
    return CardMark(str(payload["approval_id"]), *map(str, given))


def can_be_decided(message: Mapping[str, Any]) -> bool:
    """Whether a message has a button that decides something."""
    blocks: list[Mapping[str, Any]] = message.get("blocks") or []
    elements = (one for block in blocks for one in block.get("elements") or ())
    return any(one.get("action_id") in _DECIDING for one in elements)
