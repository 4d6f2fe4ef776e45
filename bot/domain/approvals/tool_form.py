"""How a person may change a tool call: its schema, what of it, and the check of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def as_written(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """For a tool whose arguments have no one form: they stay as they were written."""
    return arguments


@dataclass(frozen=True, slots=True)
class ToolForm:
    """`schema` is the JSON schema of the arguments; `problems` says what is wrong, by argument.

    `canonical` writes arguments without problems in the one form in which they are judged, shown, hashed and run.
    """

    tool: str
    schema: Mapping[str, Any]
    editable: tuple[str, ...]
    problems: Callable[[Mapping[str, Any]], Mapping[str, str]]
    canonical: Callable[[Mapping[str, Any]], Mapping[str, Any]] = as_written
