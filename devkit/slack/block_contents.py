"""What is in blocks: their interactive elements, and their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def elements(blocks: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every interactive element of some blocks."""
    for block in blocks:
        within = block.get("elements") if block.get("type") in {"actions", "context_actions"} else None
        for element in (block.get("accessory"), block.get("element"), *(within or [])):
            if isinstance(element, dict):
                yield element | {"block_id": block.get("block_id")}


def texts(node: Any) -> Iterator[str]:
    """Every text somewhere in a block, in order; a section of rich text is one, whatever it is made of."""
    if isinstance(node, dict) and node.get("type") == "rich_text_section":
        yield "".join(text for child in node.get("elements", []) for text in texts(child))
    elif isinstance(node, list):
        for child in node:
            yield from texts(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key == "text" and isinstance(child, str):
                yield child
            elif isinstance(child, dict | list) and key != "metadata":
                yield from texts(child)
