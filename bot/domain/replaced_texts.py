"""Other texts in the place of those that a JSON value holds, however deep they are. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast


def replaced(value: Any, text: Callable[[str], str]) -> Any:
    """The same value with what `text` makes of each of its texts; names of fields stay."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [replaced(one, text) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: replaced(one, text) for name, one in cast("dict[str, Any]", value).items()}
    return value
