"""What a message of a reply says of itself, where people do not see it: which event it answers, and whether it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.slack import actions

#: The `event_type` of a reply's metadata.
REPLY: Final = "countersign_reply"


@dataclass(frozen=True, slots=True)
class ReplyMark:
    """The event that is answered, which of the reply's messages this is, and whether its words are the last."""

    event_id: str
    part: int
    is_final: bool

    def metadata(self) -> dict[str, Any]:
        """The mark as Slack keeps it beside the message."""
        payload = {"event_id": self.event_id, "part": self.part, "final": self.is_final}
        return {"event_type": REPLY, "event_payload": payload}


def mark_of(message: Mapping[str, Any]) -> ReplyMark | None:
    """Read the mark of one of the bot's messages; None where it is of no reply.

    One without a word on it (of a release before it was written) is done once it has no Stop button.
    """
    metadata: Mapping[str, Any] = message.get("metadata") or {}
    payload: Mapping[str, Any] = metadata.get("event_payload") or {}
    if metadata.get("event_type") != REPLY:
        return None
    is_final = bool(payload.get("final", actions.STOP not in _action_ids(message)))
    return ReplyMark(str(payload.get("event_id") or ""), int(payload.get("part") or 0), is_final)


def answered(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The events that are answered in full: the last message of their reply is final.

    The messages of a reply are finished in their order.
    """
    return frozenset(event_id for event_id, mark in _last(messages).items() if mark.is_final)


def begun(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The events whose reply is shown as under way."""
    return frozenset(event_id for event_id, mark in _last(messages).items() if not mark.is_final)


def _last(messages: Iterable[Mapping[str, Any]]) -> dict[str, ReplyMark]:
    last: dict[str, ReplyMark] = {}
    for message in messages:
        if (mark := mark_of(message)) and mark.part >= last.get(mark.event_id, mark).part:
            last[mark.event_id] = mark
    return last


def _action_ids(message: Mapping[str, Any]) -> Iterator[str]:
    for block in message.get("blocks") or ():
        for element in block.get("elements") or ():
            yield str(element.get("action_id") or "")
