"""Checks of blocks: the SDK's own validation, and what that leaves out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import Block

from bot.slack import limits

#: Bytes of a view; not documented, seen as `view_too_large`.
VIEW_SIZE = 250_000


def check_view(view: Mapping[str, Any]) -> None:
    """Assert that Slack would take a form or a Home."""
    assert len(json.dumps(view)) < VIEW_SIZE
    check(view["blocks"], most=limits.VIEW_BLOCKS, letters=VIEW_SIZE)


def check(
    blocks: Sequence[Mapping[str, Any]], *, most: int = limits.BLOCKS, letters: int = limits.ALL_BLOCKS
) -> None:
    """Assert that Slack would take the blocks of one message."""
    assert 0 < len(blocks) <= most
    assert sum(len(text) for text in texts(blocks)) <= letters
    for block in blocks:
        parsed = Block.parse(dict(block))
        assert parsed is not None, f"unknown block {block['type']}"
        assert parsed.to_dict() == block, "a key Slack does not know, or a value it changes"
        _check_block(block)


def _check_block(block: Mapping[str, Any]) -> None:
    for text in texts([block]):
        assert text.strip(), f"blank text in {block['type']}"
    match block["type"]:
        case "section":
            assert "text" in block or "fields" in block
            assert len(block.get("fields", ())) <= 10
            assert all(len(field["text"]) <= limits.SECTION_FIELD for field in block.get("fields", ()))
        case "header":
            assert block["text"]["type"] == "plain_text"
        case "context":
            assert 0 < len(block["elements"]) <= limits.CONTEXT_ELEMENTS
        case "actions":
            ids = [element["action_id"] for element in block["elements"]]
            assert len(ids) == len(set(ids))
        case "rich_text":
            assert block["elements"]
        case _:
            assert block["type"] in {"markdown", "input", "divider"}
    _check_buttons(block)


def _check_buttons(block: Mapping[str, Any]) -> None:
    for element in [*block.get("elements", ()), *filter(None, [block.get("accessory")])]:
        if element["type"] == "button":
            assert element["text"]["type"] == "plain_text"
            assert len(element["text"]["text"]) <= limits.BUTTON_TEXT
            assert len(element["value"]) <= limits.BUTTON_VALUE


def texts(blocks: object) -> Iterator[str]:
    """Yield every text of every kind in the blocks."""
    yield from (text for _, text in typed_texts(blocks))


def typed_texts(node: object, kind: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the type of the object it stands in; of rich text, the outer one."""
    if isinstance(node, Mapping):
        mapping: Mapping[str, Any] = node  # pyright: ignore[reportUnknownVariableType]
        own = str(mapping.get("type", ""))
        inside = kind if own == "text" else own
        for key, value in mapping.items():
            if key == "text" and isinstance(value, str):
                yield inside, value
            elif key not in {"value", "action_id", "type"}:
                yield from typed_texts(value, inside)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for item in node:  # pyright: ignore[reportUnknownVariableType]
            yield from typed_texts(item, kind)  # pyright: ignore[reportUnknownArgumentType]
