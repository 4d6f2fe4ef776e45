"""How a person may change a tool call: its schema, what of it, and the check of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolForm:
    """`schema` is the JSON schema of the arguments; `problems` says what is wrong, by argument."""

    tool: str
    schema: Mapping[str, Any]
    editable: tuple[str, ...]
    problems: Callable[[Mapping[str, Any]], Mapping[str, str]]
