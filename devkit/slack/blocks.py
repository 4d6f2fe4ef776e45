"""Refuses the blocks and views that Slack refuses: https://docs.slack.dev/reference/block-kit"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from devkit.slack.shapes import Json, Refusal, random_id

MOST_BLOCKS, MOST_VIEW_BLOCKS = 50, 100
#: All text of a message's blocks; measured by others, not documented (bolt-js#2509).
MOST_BLOCK_TEXT = 13_200
MOST_MARKDOWN = 12_000
MOST_METADATA, MOST_TITLE, MOST_ID = 3000, 24, 255
_LENGTHS = {"action_id": MOST_ID, "block_id": MOST_ID, "value": 2000, "url": 3000, "alt_text": 2000}
_COUNTS = {"actions": 25, "context": 10}


def checked_blocks(value: Any, *, error: str = "invalid_blocks", most: int = MOST_BLOCKS) -> list[Json]:
    """The blocks, each with a block_id. Raises `Refusal`."""
    if not isinstance(value, list):
        raise Refusal(f"{error}_format" if error == "invalid_blocks" else error)
    blocks = [cast(Json, block) for block in cast("list[Any]", value)]
    problems = [
        problem for index, block in enumerate(blocks) for problem in _problems(block, f"/blocks/{index}")
    ]
    if len(blocks) > most:
        problems.append(f"no more than {most} items allowed [json-pointer:/blocks]")
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and block.get("block_id")]
    if len(ids) != len(set(ids)):
        problems.append("block_id must be unique [json-pointer:/blocks]")
    if problems:
        raise Refusal(
            error, errors=problems, response_metadata={"messages": [f"[ERROR] {p}" for p in problems]}
        )
    if sum(len(text) for text in _texts(blocks)) > MOST_BLOCK_TEXT:
        raise Refusal("msg_blocks_too_long")
    return [{"block_id": random_id("b", 5)} | block for block in blocks]


def checked_view(value: Any) -> Json:
    """The view with its blocks checked. Raises `Refusal`."""
    view: Json = cast(Json, value) if isinstance(value, dict) else {}
    problems: list[str] = []
    if view.get("type") != "modal":
        problems.append("must be a valid view type [json-pointer:/view/type]")
    for name in ("title", "submit", "close"):
        text: Any = view.get(name)
        if text is None and name != "title":
            continue
        if not isinstance(text, dict) or not 0 < len(str(cast(Json, text).get("text", ""))) <= MOST_TITLE:
            problems.append(f"must be 1 to {MOST_TITLE} characters [json-pointer:/view/{name}]")
    if len(str(view.get("private_metadata", ""))) > MOST_METADATA:
        problems.append(
            f"must be less than {MOST_METADATA + 1} characters [json-pointer:/view/private_metadata]"
        )
    if len(str(view.get("callback_id", ""))) > MOST_ID:
        problems.append(f"must be less than {MOST_ID + 1} characters [json-pointer:/view/callback_id]")
    if problems:
        raise Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {p}" for p in problems]})
    blocks = checked_blocks(view.get("blocks"), error="invalid_arguments", most=MOST_VIEW_BLOCKS)
    if any(block["type"] == "input" for block in blocks) and "submit" not in view:
        messages = ["[ERROR] `submit` is required when an `input` block is within the `blocks` array"]
        raise Refusal("invalid_arguments", response_metadata={"messages": messages})
    return view | {"blocks": blocks}


def _problems(block: Any, pointer: str) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    given = cast(Json, block)
    try:
        parsed = Block.parse(given)
        known: Any = parsed.to_dict() if parsed else None
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError) as error:
        yield f"{error} [json-pointer:{pointer}]"
        return
    if known is None:
        yield f"unsupported type: {given.get('type')} [json-pointer:{pointer}/type]"
        return
    yield from _lost(given, known, pointer)
    yield from _limits(given, pointer)


def _lost(given: Any, known: Any, pointer: str) -> Iterator[str]:
    """What the models of Slack's own SDK did not take over is unknown to Slack."""
    if isinstance(given, dict) and isinstance(known, dict):
        mine, theirs = cast(Json, given), cast(Json, known)
        for key, value in mine.items():
            if key not in theirs:
                if value is not None and value != []:
                    yield f"unknown or empty property [json-pointer:{pointer}/{key}]"
            else:
                yield from _lost(value, theirs[key], f"{pointer}/{key}")
    elif isinstance(given, list) and isinstance(known, list):
        items, kept = cast("list[Any]", given), cast("list[Any]", known)
        if len(items) != len(kept):
            yield f"unsupported element [json-pointer:{pointer}]"
            return
        for index, (item, other) in enumerate(zip(items, kept, strict=True)):
            yield from _lost(item, other, f"{pointer}/{index}")


def _limits(part: Json, pointer: str) -> Iterator[str]:
    kind = part.get("type")
    for key, most in _LENGTHS.items():
        if isinstance(part.get(key), str) and len(part[key]) > most:
            yield f"must be less than {most + 1} characters [json-pointer:{pointer}/{key}]"
    if "text" in part and isinstance(part["text"], str) and not part["text"].strip(" "):
        yield f"must be more than 0 characters [json-pointer:{pointer}/text]"
    if kind == "markdown" and len(str(part.get("text"))) > MOST_MARKDOWN:
        yield f"must be less than {MOST_MARKDOWN + 1} characters [json-pointer:{pointer}/text]"
    if kind == "button" and len(part["text"]["text"]) > 75:
        yield f"must be less than 76 characters [json-pointer:{pointer}/text/text]"
    if kind in _COUNTS and not 0 < len(part.get("elements") or []) <= _COUNTS[kind]:
        yield f"must have 1 to {_COUNTS[kind]} items [json-pointer:{pointer}/elements]"
    for key, value in part.items():
        if isinstance(value, dict):
            yield from _limits(cast(Json, value), f"{pointer}/{key}")
        elif isinstance(value, list):
            for index, item in enumerate(cast("list[Any]", value)):
                if isinstance(item, dict):
                    yield from _limits(cast(Json, item), f"{pointer}/{key}/{index}")


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            yield from _texts(item)
    elif isinstance(node, dict):
        for key, value in cast(Json, node).items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
