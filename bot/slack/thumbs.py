"""The thumbs below an answer: Slack's feedback buttons, or plain ones where Slack does not take these."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Any, Final

from bot.domain.errors import SlackRejected
from bot.slack import actions
from bot.slack.reply import ReplyStream

log = logging.getLogger(__name__)

#: Characters of an agent's name that a button carries.
AGENT: Final = 80
_UP, _DOWN = "up", "down"


class Kind(StrEnum):
    """How people are asked what they think of an answer."""

    THUMBS = "thumbs"
    PLAIN = "plain"
    NONE = "none"


class Thumbs:
    """Puts them below answers. Where Slack refuses its own kind it is plain buttons from then on."""

    def __init__(self, kind: Kind = Kind.THUMBS) -> None:
        self._kind = kind

    async def finish(self, stream: ReplyStream, text: str, agent: str, *, own: str, go_on: bool) -> None:
        """Finish an answer with them; an answer is never lost for them. Raises as `ReplyStream.finish` does."""
        more = blocks(self._kind, stream.event_id, agent)
        try:
            await stream.finish(text, own=own, go_on=go_on, more=more)
        except SlackRejected as refusal:
            if refusal.code != "invalid_blocks" or self._kind is not Kind.THUMBS:
                raise
            more = blocks(Kind.PLAIN, stream.event_id, agent)
            await stream.finish(text, own=own, go_on=go_on, more=more)
            log.warning("feedback buttons are not taken here; plain ones are shown")
            self._kind = Kind.PLAIN


def blocks(kind: Kind, event_id: str, agent: str) -> list[dict[str, Any]]:
    """Draw them for the answer to an event.

    https://docs.slack.dev/reference/block-kit/block-elements/feedback-buttons-element
    """
    answer = f"{event_id} {agent[:AGENT]}"
    match kind:
        case Kind.THUMBS:
            element = {
                "type": "feedback_buttons",
                "action_id": actions.THUMBS,
                "positive_button": _half("👍", "This helped", f"{_UP} {answer}"),
                "negative_button": _half("👎", "This did not help", f"{_DOWN} {answer}"),
            }
            return [{"type": "context_actions", "elements": [element]}]
        case Kind.PLAIN:
            up = actions.button(actions.THUMB_UP, "👍", f"{_UP} {answer}")
            down = actions.button(actions.THUMB_DOWN, "👎", f"{_DOWN} {answer}")
            return [{"type": "actions", "elements": [up, down]}]
        case Kind.NONE:
            return []


def read(value: str) -> tuple[bool, str, str] | None:
    """Read what a button carries: whether it is up, the event that was answered, the agent; None for anything else."""
    vote, _, answer = value.partition(" ")
    event_id, _, agent = answer.partition(" ")
    return (vote == _UP, event_id, agent) if vote in {_UP, _DOWN} and event_id else None


def _half(thumb: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": thumb, "emoji": True}
    return {"text": text, "value": actions.pack(actions.THUMBS, value), "accessibility_label": label}
