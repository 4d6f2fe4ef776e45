"""Answers and mishaps written in advance, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devkit.model.dialogue import Answer, Call


@dataclass(frozen=True, slots=True)
class Text:
    """Say this."""

    text: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Call these tools, each with its arguments (a text stands for itself, JSON or not), after saying `text`."""

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]
    text: str = ""


@dataclass(frozen=True, slots=True)
class CutShort:
    """End before the answer is whole: `text`, then `calls`, the last of them half written.

    `reason` is as in Responses; Chat Completions say `length` for `max_output_tokens`. Other servers have other words.
    """

    text: str = ""
    reason: str = "max_output_tokens"
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Decline in the model's own words, after saying `text`."""

    refusal: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """Fail within the answer, after `text`: Responses' `response.failed`, an error in the stream of Chat Completions."""

    text: str = ""
    code: str = "server_error"


@dataclass(frozen=True, slots=True)
class Stall:
    """Begin to answer, say `text`, and then nothing for so many seconds."""

    seconds: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class HttpError:
    """Answer with an HTTP error; `retry_after` in seconds."""

    status: int
    retry_after: float | None = None
    code: str | None = None
    message: str = "The model fails on request."


@dataclass(frozen=True, slots=True)
class CutStream:
    """Break the connection off after so many pieces of text."""

    after: int = 3
    text: str = "This answer will be cut off in the middle of it."


@dataclass(frozen=True, slots=True)
class Garbage:
    """Answer with something that is no answer."""


@dataclass(slots=True)
class Hang:
    """Say nothing for so many seconds, then answer by the rules."""

    seconds: float


Step = Text | Calls | CutShort | Refusal | Fail | Stall | HttpError | CutStream | Garbage | Hang


def written(step: Text | Calls | CutShort | Refusal | Fail) -> Answer:
    """The answer that a step says."""
    match step:
        case Refusal():
            return Answer(step.text, refusal=step.refusal)
        case Fail():
            return Answer(step.text, ends="failed", code=step.code)
        case Text():
            return Answer(step.text)
        case Calls() | CutShort():
            calls = tuple(_call(name, given) for name, given in step.calls)
            return Answer(step.text, calls, ends="" if isinstance(step, Calls) else step.reason)


def _call(name: str, given: Mapping[str, Any] | str) -> Call:
    return Call(name, {}, written=given) if isinstance(given, str) else Call(name, given)
