"""The arguments of a call: as a model wrote them, and in the one form of the tool."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast

from bot.domain.approvals.approval import canonical
from bot.domain.approvals.tool_form import ToolForm


def written(form: ToolForm, arguments: Mapping[str, Any]) -> str:
    """Write arguments as canonical JSON in the tool's own form; as they are, where the tool does not take them."""
    return canonical(arguments if form.problems(arguments) else form.canonical(arguments))


def is_object(raw: str) -> bool:
    """Whether a call's arguments are a JSON object at all."""
    return not any(name in {"(not JSON)", "(not an object)"} for name in arguments_of(raw))


def arguments_of(raw: str) -> Mapping[str, Any]:
    """Read a call's arguments as the model wrote them, whatever it wrote.

    Python reads more than JSON has, NaN and numbers beyond all bounds: others write them as nothing, so that another
    call would be made than the one that was shown.
    """
    try:
        arguments: Any = json.loads(raw or "{}", parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):  # the second where it is nested very deep
        return {"(not JSON)": raw}
    if not isinstance(arguments, dict):
        return {"(not an object)": arguments}
    return cast("dict[str, Any]", arguments)


def _finite(written: str) -> float:
    if not math.isfinite(number := float(written)):
        raise ValueError("no number of JSON")
    return number
