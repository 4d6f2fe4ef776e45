"""What can be seen of a run while it works."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.approvals.approval import Ending


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The model said some more; without the words where who shows them takes them from `RunInProgress.shown`."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The model called a tool; `title` is what people read."""

    name: str
    call_id: str
    title: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call of a tool is over: done, refused before it began, or failed, as `ending` says."""

    name: str
    call_id: str
    title: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class CommandStep:
    """A command in the sandbox: `line` is its first line, `tail` what it said last.

    `exit_code` is None while it runs; `seconds` is how long that has been.
    """

    line: str
    call_id: str
    seconds: float
    tail: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """Another agent took over."""

    name: str


Progress = TextDelta | ToolStarted | ToolFinished | CommandStep | AgentChanged
