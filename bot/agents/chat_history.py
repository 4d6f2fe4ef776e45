"""What Chat Completions read of a conversation that may have been held over Responses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from bot.domain.item_kinds import kind

#: A server's own summary of what it has read: sealed, and refused by Chat Completions.
_COMPACTION: Final = "compaction"
#: Calls whose argument is a text and no JSON, as the SDK's tool for patches: what the API has in their place.
_AS_FUNCTIONS: Final = {
    "custom_tool_call": "function_call",
    "custom_tool_call_output": "function_call_output",
}


def for_chat(items: Sequence[Any]) -> list[Any]:
    """The items as the API takes them; the SDK refuses a conversation with any other."""
    return [_as_function(item) for item in items if kind(item) != _COMPACTION]


def _as_function(item: Any) -> Any:
    function = _AS_FUNCTIONS.get(kind(item))
    if function is None:
        return item
    given = cast("dict[str, Any]", item)
    made = {name: value for name, value in given.items() if name not in {"input", "id"}} | {"type": function}
    return made | ({"arguments": json.dumps({"input": given["input"]})} if "input" in given else {})
