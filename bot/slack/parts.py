"""What one message of a reply looks like: status lines, text, a button. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot import words
from bot.slack import markdown
from bot.slack.imitation import imitates
from bot.slack.visible import visible

#: How many status lines are shown, and how much of each.
_STEPS: Final = 8
_STEP: Final = 100
#: Stands in a message whose text moved to an earlier one, until it is used again or deleted.
_EMPTY: Final = "…"


@dataclass(frozen=True, slots=True)
class Part:
    """A message: `text` for notifications (Slack's markup), `blocks` for everybody else."""

    text: str
    blocks: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Below:
    """What stands below a reply's text: words of the bot's own in Slack's markup, and a button."""

    words: str = ""
    button: dict[str, Any] | None = None

    def blocks(self) -> list[dict[str, Any]]:
        """Draw what there is."""
        blocks: list[dict[str, Any]] = []
        if self.words:
            blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": self.words}})
        if self.button:
            blocks.append({"type": "actions", "elements": [self.button]})
        return blocks


class Steps:
    """The status lines of a reply, in the order in which their keys first came."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def note(self, line: str, *, key: str = "") -> None:
        """Add a line; with the key of an earlier one, replace that."""
        shown = visible(" ".join(line.split()), keep="")[:_STEP]
        self._lines[key or f"#{len(self._lines)}"] = shown

    def blocks(self) -> list[dict[str, Any]]:
        """Draw the latest lines, one block each, with a count of those before."""
        lines = [line for line in self._lines.values() if line]
        earlier = len(lines) - _STEPS
        if earlier > 0:
            lines = [f"… {earlier} earlier steps", *lines[earlier:]]
        return [_context(line) for line in lines]


def draw(
    texts: Sequence[str], steps: Steps, *, below: Below, status: str = "", at_least: int = 1
) -> list[Part]:
    """Draw the messages of a reply, each text in one.

    The status lines stand in the first message, `below` in the last. `status` stands in for a
    text that has not begun. A text that looks like a card is said to be none, in a block of its own
    that no text can hide or draw. Surplus messages, up to `at_least`, show that nothing is in them.
    """
    count = max(len(texts), at_least, 1)
    parts: list[Part] = []
    for index in range(count):
        text = texts[index] if index < len(texts) else ""
        is_last = index == max(len(texts), 1) - 1
        blocks = [*steps.blocks()] if index == 0 else []
        looks_like_a_card = imitates(text)
        if looks_like_a_card:
            blocks.append(_context(words.NOT_A_CARD))
        if text:
            blocks.append({"type": "markdown", "text": text})
        elif not is_last or not below.words:
            blocks.append(_context(status if status and is_last else _EMPTY))
        if is_last:
            blocks += below.blocks()
        shown = f"{words.NOT_A_CARD} {text}" if looks_like_a_card else text
        own = below.words if is_last else ""
        parts.append(Part(markdown.fallback(shown) or own or status or _EMPTY, blocks))
    return parts


def _context(line: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "plain_text", "text": line, "emoji": True}]}
