"""The arguments of a call: as a model wrote them, and in the one form of the tool."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, cast

from bot.domain.approvals.approval import canonical
from bot.domain.approvals.tool_form import ToolForm

#: Stand for what was written where that is no JSON, or another value than an object.
NOT_JSON: Final = "(not JSON)"
NOT_AN_OBJECT: Final = "(not an object)"
MARKS: Final = frozenset({NOT_JSON, NOT_AN_OBJECT})
#: Levels of arguments; people and forms have some three.
DEEPEST: Final = 64
#: The largest number has 309 digits: one that is larger, and has no exponent, covers a stretch of so many whole.
_STRETCH: Final = 150


def written(form: ToolForm, arguments: Mapping[str, Any]) -> str:
    """Write arguments as canonical JSON in the tool's own form; as they are, where the tool does not take them."""
    return canonical(arguments if form.problems(arguments) else form.canonical(arguments))


def is_object(raw: str) -> bool:
    """Whether a call's arguments are a JSON object at all."""
    return MARKS.isdisjoint(arguments_of(raw))


def unreadable(arguments: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with arguments that are none, or could not be read again: nobody is asked about such a call.

    A server that takes any arguments would do what it does without, whatever its model had meant.
    """
    return {
        name: "cannot be read as JSON"
        for name, value in arguments.items()
        if name in MARKS or not is_object(canonical({name: value}))
    }


def arguments_of(raw: str) -> Mapping[str, Any]:
    """Read a call's arguments as the model wrote them, whatever it wrote; what is no JSON object stands under one of `MARKS`.

    What is nested deeper than `DEEPEST` is none: how deep can be read depends on who reads. Python reads more than JSON has, NaN and numbers beyond all bounds: others write them as nothing, so that another
    call would be made than the one that was shown.
    """
    try:
        # A function for each number takes long where there are a million: only where one may be without bounds.
        parse_float = _finite if "e" in raw or "E" in raw or _has_long_number(raw) else None
        arguments: Any = json.loads(raw or "{}", parse_constant=_finite, parse_float=parse_float)
    except (ValueError, RecursionError):  # the second where it is nested very deep
        return {NOT_JSON: raw}
    if raw.count("[") + raw.count("{") > DEEPEST and not _is_flat(arguments):
        return {NOT_JSON: raw}
    if not isinstance(arguments, dict):
        return {NOT_AN_OBJECT: arguments}
    return cast("dict[str, Any]", arguments)


def _is_flat(value: Any) -> bool:
    """Whether a value has `DEEPEST` levels at most; level by level, since there may be a million values on one."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [one for many in level for one in _inner(many) if isinstance(one, dict | list)]
        if not level:
            return True
    return False


def _inner(many: Any) -> Any:
    return many.values() if isinstance(many, dict) else many  # pyright: ignore[reportUnknownVariableType]


def _has_long_number(raw: str) -> bool:
    return any(raw[at : at + _STRETCH].isdecimal() for at in range(0, len(raw), _STRETCH))


def _finite(written: str) -> float:
    if not math.isfinite(number := float(written)):
        raise ValueError("no number of JSON")
    return number
