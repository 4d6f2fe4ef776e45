"""Answers and mishaps written in advance, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """Say this."""

    text: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Call these tools, each with its arguments, after saying `text`."""

    calls: Sequence[tuple[str, Mapping[str, Any]]]
    text: str = ""


@dataclass(frozen=True, slots=True)
class HttpError:
    """Answer with an HTTP error; `retry_after` in seconds."""

    status: int
    retry_after: float | None = None


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


Step = Text | Calls | HttpError | CutStream | Garbage | Hang
