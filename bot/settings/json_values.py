"""How settings that are JSON are read: nothing of them is dropped without a word."""

from __future__ import annotations

import json
from collections.abc import Callable


def read_json(text: str, *, parse_float: Callable[[str], object] | None = None) -> object:
    """Read a value; raises `ValueError` where it is no JSON, is nested too deep to be read, or has a name twice."""
    try:
        return json.loads(text, parse_float=parse_float, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(read := dict(pairs)) < len(pairs):  # else all but the last would be dropped
        raise ValueError("a name twice")
    return read
