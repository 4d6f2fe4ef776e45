"""Which blocks Slack refuses, in messages and in views."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from devkit.slack.element_rules import ANY_TEXT, Problems, element_problems, text_problems
from devkit.slack.rich_text_rules import rich_text_problems
from devkit.slack.rules import Refusal

MARKDOWN: Final = 12_000
ALL_BLOCKS: Final = 13_200
BLOCK_ID: Final = 255
IN_MESSAGE: Final = 50
IN_VIEW: Final = 100
IN_VIEWS: Final = frozenset(
    {"section", "actions", "context", "header", "divider", "rich_text", "input", "image"}
)
IN_MESSAGES: Final = IN_VIEWS | {"markdown", "context_actions"}


def check_blocks(blocks: Any) -> list[dict[str, Any]]:
    """Refuse a message's blocks that Slack would refuse; returns them with ids."""
    problem = blocks_problem(blocks, IN_MESSAGE, IN_MESSAGES)
    if problem:
        raise Refusal("invalid_blocks", errors=[problem])
    written = [block["text"] for block in blocks if block["type"] == "markdown"]
    if sum(map(len, written)) > MARKDOWN:
        raise Refusal("invalid_blocks", errors=[f"more than {MARKDOWN} characters of markdown in all blocks"])
    if sum(len(text) for text in _strings(blocks)) > ALL_BLOCKS:
        raise Refusal("msg_blocks_too_long")
    return with_ids(blocks)


def blocks_problem(blocks: Any, most: int, known: frozenset[str]) -> str | None:
    """The first thing that is wrong with a list of blocks."""
    if not isinstance(blocks, list) or len(blocks) > most:
        return f"not a list of at most {most} blocks [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        problem = _known_problem(json.dumps(block), known)
        if problem:
            return f"{problem} [json-pointer:/blocks/{number}]"
    return _repeated(with_ids(blocks))


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks as Slack keeps them: each with an id, and so each element that acts."""
    return [
        {"block_id": f"b{number}", **_with_action_ids(block, number)} for number, block in enumerate(blocks)
    ]


def _with_action_ids(block: dict[str, Any], number: int) -> dict[str, Any]:
    named: dict[str, Any] = {
        key: {"action_id": f"a{number}", **block[key]}
        for key in ("element", "accessory")
        if isinstance(block.get(key), dict) and block[key].get("type") != "image"
    }
    if block.get("type") in {"actions", "context_actions"}:
        named["elements"] = [
            {"action_id": f"a{number}.{place}", **element} for place, element in enumerate(block["elements"])
        ]
    return block | named


@lru_cache(maxsize=10_000)
def _known_problem(written: str, known: frozenset[str]) -> str | None:
    """The same for one block as JSON. An answer is shown many times while it grows, and most of its blocks are as before."""
    return _problem(json.loads(written), known)


def _problem(block: Any, known: frozenset[str]) -> str | None:
    if not isinstance(block, dict) or block.get("type") not in known:
        return "unsupported block"
    if not 0 < len(str(block.get("block_id", "b"))) <= BLOCK_ID:
        return f"block_id must have 1 to {BLOCK_ID} characters"
    own = next(_OWN.get(block["type"], _nothing)(block), None)
    if own:
        return own
    try:
        parsed = Block.parse(block)
        read = parsed.to_dict() if parsed else None
    except (SlackObjectFormationError, ValueError, TypeError, KeyError, AttributeError) as error:
        return str(error)
    if read is None:
        return "unreadable block"
    unknown = set(block) - set(read) - {"block_id"}
    return f"invalid additional property: {min(unknown)}" if unknown else _empty_text(block)


def _nothing(_: Mapping[str, Any]) -> Problems:
    return iter(())


def _markdown(block: Mapping[str, Any]) -> Problems:
    if not 0 < len(block.get("text") or "") <= MARKDOWN:
        yield "markdown text must have 1 to 12000 characters"


def _section(block: Mapping[str, Any]) -> Problems:
    if not (block.get("text") or block.get("fields")):
        yield "a section needs text or fields"
    if "text" in block:
        yield from text_problems(block["text"], 3000, ANY_TEXT)
    for field in _list(block, "fields", 10) if "fields" in block else ():
        yield from text_problems(field, 2000, ANY_TEXT)
    if "accessory" in block:
        yield from element_problems(block["accessory"], "section")


def _actions(block: Mapping[str, Any]) -> Problems:
    if not isinstance(block.get("elements"), list) or not 0 < len(block["elements"]) <= 25:
        yield "actions must have 1 to 25 elements"
        return
    for element in block["elements"]:
        yield from element_problems(element, "actions")


def _context_actions(block: Mapping[str, Any]) -> Problems:
    if not isinstance(block.get("elements"), list) or not 0 < len(block["elements"]) <= 5:
        yield "context_actions must have 1 to 5 elements"
        return
    for element in block["elements"]:
        yield from element_problems(element, "context_actions")


def _context(block: Mapping[str, Any]) -> Problems:
    if not isinstance(block.get("elements"), list) or not 0 < len(block["elements"]) <= 10:
        yield "context must have 1 to 10 elements"
        return
    for element in block["elements"]:
        if isinstance(element, dict) and element.get("type") == "image":
            yield from element_problems(element, "context")
        else:
            yield from text_problems(element, 3000, ANY_TEXT)


def _header(block: Mapping[str, Any]) -> Problems:
    return text_problems(block.get("text"), 150)


def _input(block: Mapping[str, Any]) -> Problems:
    yield from (f"missing required field: {field}" for field in ("label", "element") if not block.get(field))
    yield from (f"label: {problem}" for problem in text_problems(block.get("label"), 2000))
    yield from (f"element: {problem}" for problem in element_problems(block.get("element"), "input"))
    if "hint" in block:
        yield from (f"hint: {problem}" for problem in text_problems(block["hint"], 2000))


_OWN: Final[Mapping[str, Callable[[Mapping[str, Any]], Problems]]] = {
    "markdown": _markdown,
    "section": _section,
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "header": _header,
    "input": _input,
    "rich_text": rich_text_problems,
}


def _list(block: Mapping[str, Any], field: str, most: int) -> Iterator[Any]:
    """The items of a field; one that no check accepts stands for a list that is too long."""
    items = block[field]
    return iter(items if isinstance(items, list) and len(items) <= most else [None])


def _empty_text(node: Any) -> str | None:
    if isinstance(node, dict):
        if node.get("type") in ("plain_text", "mrkdwn") and not node.get("text"):
            return "empty text"
        return next(filter(None, map(_empty_text, node.values())), None)
    if isinstance(node, list):
        return next(filter(None, map(_empty_text, node)), None)
    return None


def _repeated(blocks: list[dict[str, Any]]) -> str | None:
    ids = [block["block_id"] for block in blocks]
    if len(set(ids)) != len(ids):
        return "duplicate block_id [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        actions = [e.get("action_id") for e in block.get("elements") or [] if isinstance(e, dict)]
        named = [action for action in actions if action]
        if len(set(named)) != len(named):
            return f"duplicate action_id [json-pointer:/blocks/{number}]"
    return None


def _strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [
            text
            for key, child in node.items()
            for text in ([child] if key == "text" and isinstance(child, str) else _strings(child))
        ]
    if isinstance(node, list):
        return [text for child in node for text in _strings(child)]
    return []
