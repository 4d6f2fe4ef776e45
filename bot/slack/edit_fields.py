"""Form fields out of a tool's JSON schema, and their values back. Pure.

Texts, numbers, choices and yes-or-no have fields of their own; everything else is edited as JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from bot.domain.approvals.tool_form import ToolForm
from bot.slack import limits
from bot.slack.blocks import Block, plain, short
from bot.slack.card_fields import labels_of
from bot.slack.deceptive_characters import visible

_INPUT: Final = "value"
#: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
_LONGEST: Final = 3_000
#: From here on a text gets several lines.
_LINE: Final = 60
#: https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
_OPTIONS: Final = 100


def inputs(form: ToolForm, arguments: Mapping[str, Any], editable: Sequence[str]) -> list[Block]:
    """Build a field for each argument that may be changed and fits into one."""
    fields: list[Block] = []
    labels = labels_of({**arguments, **dict.fromkeys(editable)})  # those of the card
    for name in editable:
        schema = _schema(form, name)
        element = _element(schema, arguments.get(name))
        if element is not None:
            hint = str(schema.get("description") or "")
            field: Block = {
                "type": "input",
                "block_id": block_id(name),
                "label": plain(short(labels[name], 150)),
                "optional": _takes_nothing(schema) or name not in form.schema.get("required", ()),
                "element": element | {"action_id": _INPUT},
            }
            fields.append(field | ({"hint": plain(short(hint, 150))} if hint else {}))
    return fields


def read(
    values: Mapping[str, Any], form: ToolForm, editable: Sequence[str], before: Collection[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the fields: arguments by name, and problems by block id.

    What the call has not (its arguments are `before`) and nobody filled in is no argument of it now either.
    """
    given: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in editable:
        state = values.get(block_id(name), {}).get(_INPUT)
        if state is None or (name not in before and _is_empty(state)):
            continue
        try:
            given[name] = _value(_schema(form, name), state)
        except ValueError as error:
            problems[block_id(name)] = str(error)
    return given, problems


def block_id(name: str) -> str:
    """Name the block of an argument."""
    return f"edit:{name}"[: limits.BLOCK_ID]


def _element(schema: Mapping[str, Any], value: Any) -> Block | None:
    """Build the element; None where the value is too long for any."""
    if choices := _choices(schema):
        options = [_option(choice) for choice in choices]
        chosen = next((option for option in options if option["value"] == json.dumps(value)), None)
        return {"type": "static_select", "options": options} | ({"initial_option": chosen} if chosen else {})
    kind = _kind(schema)
    if kind in {"integer", "number"}:
        element: Block = {"type": "number_input", "is_decimal_allowed": kind == "number"}
        return element | ({} if value is None else {"initial_value": str(value)})
    text = value if kind == "string" and isinstance(value, str) else _json(value)
    if len(text) > _LONGEST:
        return None
    multiline = len(text) > _LINE or "\n" in text or kind not in {"string"}
    box: Block = {"type": "plain_text_input", "multiline": multiline, "max_length": _LONGEST}
    return box | ({"initial_value": text} if text else {})


def _value(schema: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
    """Read one field's state; raises `ValueError` with what is wrong."""
    if _choices(schema):
        option = state.get("selected_option")
        return json.loads(option["value"]) if option else None
    written = state.get("value")
    kind = _kind(schema)
    if written is None or written == "":
        return "" if kind == "string" and not _takes_nothing(schema) else None
    if kind == "string":
        return str(written)
    try:
        return json.loads(written, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        is_number = kind in {"integer", "number"}
        raise ValueError("A number, please." if is_number else "This is not valid JSON.") from None


def _is_empty(state: Mapping[str, Any]) -> bool:
    return not state.get("value") and not state.get("selected_option")


def _schema(form: ToolForm, name: str) -> Mapping[str, Any]:
    """The schema of one argument, with its reference followed."""
    found: Mapping[str, Any] = form.schema.get("properties", {}).get(name, {})
    reference = str(found.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        return form.schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
    return found


def _all_variants(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a value may be, one schema for each type, however they are told: `anyOf`, `oneOf`, or several types."""
    apart: list[Mapping[str, Any]] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return [{**one, "type": kind} for one in apart for kind in _types(one)]


def _types(schema: Mapping[str, Any]) -> list[str]:
    kinds: Any = schema.get("type", "")
    return kinds if isinstance(kinds, list) else [kinds]  # pyright: ignore[reportUnknownVariableType]


def _variants(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in _all_variants(schema) if one["type"] != "null"]


def _takes_nothing(schema: Mapping[str, Any]) -> bool:
    return any(one["type"] == "null" or None in one.get("enum", ()) for one in _all_variants(schema))


def _kind(schema: Mapping[str, Any]) -> str:
    variants = _variants(schema)
    return str(variants[0].get("type", "")) if len(variants) == 1 else ""


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    variants = _variants(schema)
    if len(variants) != 1:
        return []
    if variants[0].get("type") == "boolean":
        return [True, False]
    choices = [choice for choice in variants[0].get("enum", []) if choice is not None]
    fits = 0 < len(choices) <= _OPTIONS and all(len(json.dumps(choice)) <= 75 for choice in choices)
    return choices if fits else []


def _option(choice: Any) -> Block:
    words = {True: "Yes", False: "No"}
    label = (
        words[choice] if isinstance(choice, bool) else str(choice) or "(empty)"
    )  # Slack takes none without a text
    return {"text": plain(short(visible(label, keep=""), 75)), "value": json.dumps(choice)}


def _finite(written: str) -> float:
    """Numbers beyond all bounds, NaN and Infinity are no JSON, though Python reads them."""
    if not math.isfinite(number := float(written)):
        raise ValueError(written)
    return number


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
