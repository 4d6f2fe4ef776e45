"""Finds what would notify people in the text and blocks of a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from devkit.slack.shapes import Json

_LIVE = re.compile(r"<(?:![a-z]+(?:\^\w+)?|@[UW]\w+)(?:\|[^>]*)?>")
_RICH = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}


def pings(text: str, markdown_text: str | None, blocks: list[Json] | None) -> list[str]:
    """The live tokens, in order. Text under blocks counts: it is what notifications show."""
    found = _LIVE.findall(text) + _LIVE.findall(markdown_text or "")
    return found + list(_of_blocks(blocks or []))


def _of_blocks(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            yield from _of_blocks(item)
    elif isinstance(node, dict):
        part = cast(Json, node)
        kind = part.get("type")
        if kind in ("mrkdwn", "markdown"):
            yield from _LIVE.findall(str(part.get("text", "")))
        elif kind in _RICH and _RICH[kind] in part:
            yield f"<{kind} {part[_RICH[kind]]}>"
        for value in part.values():
            if isinstance(value, list | dict):
                yield from _of_blocks(cast(Any, value))
