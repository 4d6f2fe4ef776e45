"""What one message of a reply looks like: status lines, text, a button. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from bot.domain import click_answers
from bot.slack import markdown
from bot.slack.card_imitation import imitates
from bot.slack.deceptive_characters import visible
from bot.slack.graphemes import head

#: How many status lines are shown, and how much of each.
_STEPS: Final = 8
_STEP: Final = 100
#: Stands in a message whose text moved to an earlier one, until it is used again or deleted.
_EMPTY: Final = "…"
#: How a task of a stream stands.
IN_PROGRESS: Final = "in_progress"
COMPLETE: Final = "complete"
#: The id of the task that stands for a text which has not begun.
_STATUS: Final = "status"
#: Most of a long reply is drawn again with every edit.
_imitates: Final = lru_cache(maxsize=64)(imitates)


@dataclass(frozen=True, slots=True)
class Task:
    """A status line, as Slack's streams show one: https://docs.slack.dev/reference/block-kit/blocks/task-card-block."""

    id: str
    title: str
    status: str


@dataclass(frozen=True, slots=True)
class Growing:
    """What of a message is there for good while it grows: a beginning of its text, and its status lines."""

    text: str
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A message: `text` for notifications (Slack's markup), `blocks` for everybody else."""

    text: str
    blocks: list[dict[str, Any]]
    #: Of the message that an answer under way grows in.
    growing: Growing | None = field(default=None, compare=False)

    @property
    def shown_text(self) -> str:
        """The model's text in it, as it is shown."""
        return "".join(str(block["text"]) for block in self.blocks if block["type"] == "markdown")


@dataclass(frozen=True, slots=True)
class Below:
    """What stands below a reply's text: words of the bot's own in Slack's markup, a button, and other blocks."""

    words: str = ""
    button: dict[str, Any] | None = None
    more: Sequence[dict[str, Any]] = ()

    def blocks(self) -> list[dict[str, Any]]:
        """Draw what there is."""
        blocks: list[dict[str, Any]] = []
        if self.words:
            blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": self.words}})
        if self.button:
            blocks.append({"type": "actions", "elements": [self.button]})
        return [*blocks, *self.more]


class Steps:
    """The status lines of a reply, in the order in which their keys first came."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}
        self._hints: dict[str, str] = {}

    def note(self, line: str, *, key: str = "") -> None:
        """Add a line; with the key of an earlier one, replace that."""
        self._lines[key or f"#{len(self._lines)}"] = _line(line)

    def hint(self, line: str, *, key: str) -> None:
        """Show a line below the others for now."""
        self._hints[key] = _line(line)

    def drop_hints(self) -> None:
        """Let them go."""
        self._hints.clear()

    def tasks(self, status: str, *, begun: bool) -> tuple[Task, ...]:
        """The lines as tasks, below what stands for a text that has not `begun`."""
        lines = {key: line for key, line in (self._lines | self._hints).items() if line}
        thinking = Task(_STATUS, _task_title(status), COMPLETE if begun or lines else IN_PROGRESS)
        return thinking, *(Task(key, _task_title(line), _task_status(line)) for key, line in lines.items())

    def blocks(self) -> list[dict[str, Any]]:
        """Draw the latest lines, one block each, with a count of those before."""
        lines = [line for line in self._lines.values() if line]
        earlier = len(lines) - _STEPS
        if earlier > 0:
            lines = [f"… {earlier} earlier steps", *lines[earlier:]]
        return [_context(line) for line in [*lines, *filter(None, self._hints.values())]]


def draw(
    texts: Sequence[str],
    steps: Steps,
    *,
    below: Below,
    status: str = "",
    at_least: int = 1,
    settled: str | None = None,
) -> list[Part]:
    """Draw the messages of a reply, each text in one.

    The status lines stand in the first message, `below` in the last. `status` stands in for a
    text that has not begun. A text that looks like a card is said to be none, in a block of its own
    that no text can hide or draw. Surplus messages, up to `at_least`, show that nothing is in them.
    `settled` is so much of the last text as is there for good, where that grows.
    """
    count = max(len(texts), at_least, 1)
    parts: list[Part] = []
    for index in range(count):
        text = texts[index] if index < len(texts) else ""
        is_last = index == max(len(texts), 1) - 1
        blocks = [*steps.blocks()] if index == 0 else []
        looks_like_a_card = _imitates(text)
        if looks_like_a_card:
            blocks.append(_context(click_answers.NOT_A_CARD))
        if text:
            blocks.append({"type": "markdown", "text": text})
        elif not is_last or not below.words:
            blocks.append(_context(status if status and is_last else _EMPTY))
        if is_last:
            blocks += below.blocks()
        shown = f"{click_answers.NOT_A_CARD} {text}" if looks_like_a_card else text
        own = below.words if is_last else ""
        growing = None
        if is_last and settled is not None:
            growing = Growing(settled, steps.tasks(status, begun=bool(text)) if index == 0 else ())
        parts.append(Part(markdown.fallback(shown) or own or status or _EMPTY, blocks, growing))
    return parts


def _task_status(line: str) -> str:
    """How a status line says that it stands."""
    if "✗" in line:
        return "error"
    return IN_PROGRESS if line.endswith("…") or line.startswith("…") else COMPLETE


def _task_title(line: str) -> str:
    """A status line without the mark that Slack shows beside a task anyway."""
    return line.removesuffix(" …").removesuffix(" ✓") or line


def _line(line: str) -> str:
    return head(visible(" ".join(line.split()), keep=""), _STEP)


def _context(line: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "plain_text", "text": line, "emoji": False}]}
