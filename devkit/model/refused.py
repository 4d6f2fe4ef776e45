"""What the real servers refuse of a request, in their own words and codes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from devkit.model.tokens import PER_TOKEN

#: https://platform.openai.com/docs/guides/error-codes
TOO_LONG: Final = (
    "Your input exceeds the context window of this model. Please adjust your input and try again."
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is refused: with 400, the words and the code."""

    message: str
    code: str | None = None


@dataclass(slots=True)
class Thoughts:
    """Which items came behind which reasoning item: Responses take none of them without the other.

    https://platform.openai.com/docs/guides/reasoning#keeping-reasoning-items-in-context
    """

    _of: dict[str, str] = field(default_factory=dict[str, str])

    def note(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Remember the items of an answer."""
        thought = next((str(item["id"]) for item in items if item["type"] == "reasoning"), "")
        if thought:
            self._of |= {str(item["id"]): thought for item in items if item["type"] != "reasoning"}

    def refuse(self, body: Mapping[str, Any]) -> Refused | None:
        """Find an item whose reasoning is gone, or reasoning without what it led to."""
        given: Any = body.get("input")
        items: list[Any] = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        there: set[str] = set()
        for at, item in enumerate(items):
            own = str(item.get("id") or "")
            if item.get("type") == "reasoning":
                there.add(own)
                behind = str(items[at + 1].get("id") or "") if at + 1 < len(items) else ""
                if self._of.get(behind) != own:
                    return Refused(
                        f"Item '{own}' of type 'reasoning' was provided without its required following item."
                    )
            elif (thought := self._of.get(own)) and thought not in there:
                return Refused(
                    f"Item '{own}' of type '{item.get('type', 'message')}' was provided without its required "
                    f"'reasoning' item: '{thought}'."
                )
        return None


def too_long(body: Mapping[str, Any], most: int, *, deepseek: bool) -> Refused | None:
    """Refuse what is longer than so many tokens, in OpenAI's words or in DeepSeek's."""
    parts = ("instructions", "input", "messages", "tools")
    tokens = sum(len(json.dumps(body[part])) for part in parts if body.get(part)) // PER_TOKEN
    if tokens <= most:
        return None
    if not deepseek:
        return Refused(TOO_LONG, "context_length_exceeded")
    return Refused(
        f"This model's maximum context length is {most} tokens. However, you requested {tokens} tokens "
        f"({tokens} in the messages, 0 in the completion). Please reduce the length of the messages or completion.",
        "invalid_request_error",
    )


def thinks(body: Mapping[str, Any]) -> bool:
    """Whether a model of DeepSeek's thinks before it answers: all do but the ones of old, unless they are told not to.

    https://api-docs.deepseek.com/guides/thinking_mode
    """
    off = (body.get("thinking") or {}).get("type") == "disabled"
    return str(body.get("model")).startswith(("deepseek-flash", "deepseek-v4")) and not off


def by_deepseek(body: Mapping[str, Any]) -> Refused | None:
    """Find what DeepSeek refuses."""
    if (body.get("response_format") or {}).get("type") == "json_schema":
        return Refused("This response_format type is unavailable now")
    messages: list[dict[str, Any]] = body.get("messages") or []
    if thinks(body) and any(one.get("tool_calls") and "reasoning_content" not in one for one in messages):
        return Refused(
            "The `reasoning_content` in the thinking mode must be passed back to the API.",
            "invalid_request_error",
        )
    return _misplaced(messages)


def _misplaced(messages: list[dict[str, Any]]) -> Refused | None:
    """Find a tool message without its call, or a call without its tool message."""
    waiting: set[str] = set()
    for message in [*messages, {}]:
        call_id = str(message.get("tool_call_id"))
        if message.get("role") == "tool":
            if call_id not in waiting:
                return Refused(
                    "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
                )
            waiting.remove(call_id)
        elif waiting:
            return Refused(
                "An assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)"
            )
        else:
            waiting = {str(call["id"]) for call in message.get("tool_calls") or []}
    return None
