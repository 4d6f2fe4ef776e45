"""What a message of a reply says of itself, where people do not see it: which event it answers, and whether it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.events import ResetRequested, origin, reset_named
from bot.slack import actions

#: The `event_type` of a reply's metadata.
REPLY: Final = "countersign_reply"
#: How the id of the block begins that marks a message of a reply which streams; behind it, which message it is.
_STREAM: Final = "countersign_stream_"


@dataclass(frozen=True, slots=True)
class ReplyMark:
    """The event that is answered, which of the reply's messages this is, and whether its words are the last.

    `waits`: what is to be said next hangs on people, who were asked. `has_failed`: it can be tried again.
    `also` are events of messages that were taken in on the way: they are answered by it as well. `asks`: whether
    to forget the thread. `streamed`: it was begun as a stream, and so can show no link.
    """

    event_id: str
    part: int
    is_final: bool
    waits: bool = False
    has_failed: bool = False
    also: tuple[str, ...] = ()
    asks: bool = False
    streamed: bool = False

    @property
    def origin(self) -> str:
        """The event that is answered in the end: of a Retry the one that is tried again."""
        return origin(self.event_id)

    def metadata(self) -> dict[str, Any]:
        """The mark as Slack keeps it beside the message."""
        payload = {"event_id": self.event_id, "part": self.part, "final": self.is_final}
        more = ({"waits": True} if self.waits else {}) | ({"also": [*self.also]} if self.also else {})
        more |= {"streamed": True} if self.streamed else {}
        return {"event_type": REPLY, "event_payload": payload | more}


def mark_of(message: Mapping[str, Any]) -> ReplyMark | None:
    """Read the mark of one of the bot's messages; None where it is of no reply.

    One without a word on it (of a release before it was written) is done once it has no Stop button.
    """
    metadata: Mapping[str, Any] = message.get("metadata") or {}
    payload: Mapping[str, Any] = metadata.get("event_payload") or {}
    if metadata.get("event_type") != REPLY:
        return _mark_of_stream(message)
    offered = frozenset(_action_ids(message))
    is_final = bool(payload.get("final", actions.STOP not in offered))
    more = bool(payload.get("waits", False)), actions.RETRY in offered
    also = tuple(map(str, payload.get("also") or ()))
    event_id, asks = str(payload.get("event_id") or ""), actions.RESET in offered
    streamed = bool(payload.get("streamed", False))
    part = int(payload.get("part") or 0)
    return ReplyMark(event_id, part, is_final, *more, also=also, asks=asks, streamed=streamed)


def stop_block(event_id: str, part: int) -> dict[str, Any]:
    """The block with Stop of a message that streams, which is its mark too: a stream is begun without metadata."""
    stop = actions.button(actions.STOP, "Stop", event_id)
    return {"type": "actions", "block_id": f"{_STREAM}{part}", "elements": [stop]}


def _mark_of_stream(message: Mapping[str, Any]) -> ReplyMark | None:
    """Read the mark of a message that streams, or of which nobody said more since."""
    for block in message.get("blocks") or ():
        part = str(block.get("block_id") or "").removeprefix(_STREAM)
        if (
            block.get("type") == "actions"
            and f"{_STREAM}{part}" == block.get("block_id")
            and part.isdecimal()
        ):
            events = (actions.unpack(element) for element in block.get("elements") or ())
            marks = (ReplyMark(event, int(part), is_final=False, streamed=True) for event in events if event)
            return next(marks, None)
    return None


def answered(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The events that are answered in full: the last message of their reply is final, and says no failure.

    The messages of a reply are finished in their order. What was answered when it was tried again is answered.
    """
    return frozenset(event_id for mark in _done(messages) for event_id in (mark.origin, *mark.also))


def taken_in(messages: Iterable[Mapping[str, Any]], event_id: str) -> frozenset[str]:
    """The events of messages that were taken in by the answer to this one; none unless that is the last word."""
    done = [mark for mark in _done(messages) if mark.origin == event_id and not mark.waits]
    return frozenset(one for mark in done for one in mark.also)


def is_read_by_another(messages: Iterable[Mapping[str, Any]], event_id: str) -> bool:
    """Whether the reply to another event says that it answers this one as well, or is going to."""
    marks = (mark for message in messages if (mark := mark_of(message)))
    return any(mark.origin != event_id and event_id in mark.also for mark in marks)


def asking(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The events whose reply asks whether to forget the thread."""
    return frozenset(event_id for event_id, mark in _last(messages).items() if mark.asks)


def begun(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The events whose reply is shown as under way."""
    return frozenset(event_id for event_id, mark in _last(messages).items() if not mark.is_final)


def resets(messages: Iterable[Mapping[str, Any]]) -> tuple[ResetRequested, ...]:
    """The wishes to forget the thread that these replies answer, and that no message in it tells of."""
    named = (reset_named(event_id) for event_id in _last(messages))
    return tuple(one for one in named if one is not None)


def left_waiting(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The event of the last reply of a thread, where that says that people were asked; nothing has followed it."""
    replies = [(float(message["ts"]), mark) for message in messages if (mark := mark_of(message))]
    last = max(replies, key=lambda one: one[0])[1] if replies else None
    return frozenset({last.event_id} if last and last.is_final and last.waits else ())


def _done(messages: Iterable[Mapping[str, Any]]) -> list[ReplyMark]:
    return [mark for mark in _last(messages).values() if mark.is_final and not mark.has_failed]


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
