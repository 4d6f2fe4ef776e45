"""The order of a conversation as strict servers want it."""

from __future__ import annotations

from typing import Any

from agents.run_config import CallModelData, ModelInputData

OUTPUT, CALL = "function_call_output", "function_call"


def outputs_behind_calls(data: CallModelData[Any]) -> ModelInputData:
    """Move each tool output right behind its call.

    Chat Completions servers refuse a history in which anything stands between a call and its
    output, and with it every later message of the thread.
    """
    items: list[Any] = data.model_data.input
    data.model_data.input = ordered(items)
    return data.model_data


def ordered(items: list[Any]) -> list[Any]:
    """Put outputs behind the last call of their group; leave everything else as it stands."""
    outputs = {item["call_id"]: item for item in items if _type(item) == OUTPUT}
    called = {item.get("call_id") for item in items if _type(item) == CALL}
    result: list[Any] = []
    waiting: list[Any] = []
    for item in items:
        if _type(item) == OUTPUT and item["call_id"] in called:
            continue
        if _type(item) != CALL and waiting:
            result += waiting
            waiting = []
        result.append(item)
        if _type(item) == CALL and (output := outputs.get(item.get("call_id"))):
            waiting.append(output)
    return [*result, *waiting]


def _type(item: Any) -> str:
    return str(item.get("type") or "") if isinstance(item, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
