"""Which views Slack refuses: https://docs.slack.dev/reference/views."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from devkit.slack.block_rules import IN_VIEW, IN_VIEWS, blocks_problem
from devkit.slack.element_rules import text_problems
from devkit.slack.rules import Refusal

LARGEST: Final = 250 * 1024
_EVERY: Final = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
_FIELDS: Final[Mapping[str, set[str]]] = {
    "home": _EVERY,
    "modal": _EVERY | {"title", "submit", "close", "clear_on_close", "notify_on_close"},
}
_TITLE: Final = 24
_LENGTHS: Final = {"private_metadata": 3000, "callback_id": 255, "external_id": 255}


def check_view(view: Any, kind: str) -> dict[str, Any]:
    """Refuse a view of this type that Slack would refuse; returns it."""
    if not isinstance(view, dict):
        raise invalid("missing required field: view", "")
    problem = next(_problems(view, kind), None)
    if problem:
        raise invalid(problem, "/view")
    wrong = blocks_problem(view["blocks"], IN_VIEW, IN_VIEWS)
    if wrong:
        raise invalid(wrong.replace("json-pointer:", "json-pointer:/view"), None)
    if len(json.dumps(view)) > LARGEST:
        raise Refusal("view_too_large")
    return view


def invalid(problem: str, pointer: str | None) -> Refusal:
    """The refusal of an argument, in the words Slack explains it with."""
    where = "" if pointer is None else f" [json-pointer:{pointer}]"
    return Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {problem}{where}"]})


def _problems(view: Mapping[str, Any], kind: str) -> Iterator[str]:
    if view.get("type") != kind:
        yield f"must be a view of type {kind}"
    yield from (f"invalid additional property: {field}" for field in sorted(set(view) - _FIELDS[kind]))
    if "blocks" not in view:
        yield "missing required field: blocks"
    for field, most in _LENGTHS.items():
        value = view.get(field) or ""
        if not isinstance(value, str) or len(value) > most:
            yield f"{field} must be a string of no more than {most} characters"
    if kind == "modal":
        yield from _modal_problems(view)


def _modal_problems(view: Mapping[str, Any]) -> Iterator[str]:
    if "title" not in view:
        yield "missing required field: title"
    for field in ("title", "submit", "close"):
        if view.get(field) is not None:
            yield from (f"{field}: {problem}" for problem in text_problems(view[field], _TITLE))
    blocks = view.get("blocks")
    has_input = any(isinstance(b, dict) and b.get("type") == "input" for b in blocks or [])
    if has_input and not view.get("submit"):
        yield "missing required field: submit"
    for field in ("clear_on_close", "notify_on_close"):
        if not isinstance(view.get(field, False), bool):
            yield f"{field} must be true or false"
