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
        arguments: Any = json.loads(raw or "{}", parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):  # the second where it is nested very deep
        return {NOT_JSON: raw}
    if not _is_flat(arguments, DEEPEST):
        return {NOT_JSON: raw}
    if not isinstance(arguments, dict):
        return {NOT_AN_OBJECT: arguments}
    return cast("dict[str, Any]", arguments)


def _is_flat(value: Any, left: int) -> bool:
    """Whether a value has so many levels at most."""
    if not isinstance(value, dict | list):
        return True
    inner = cast("dict[str, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
    return left > 0 and all(_is_flat(one, left - 1) for one in inner)


def _finite(written: str) -> float:
    if not math.isfinite(number := float(written)):
        raise ValueError("no number of JSON")
    return number
