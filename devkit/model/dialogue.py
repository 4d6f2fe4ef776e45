"""A model request, whichever protocol it came by: what was said, and what may be called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the history; `text` of a call is its arguments, of an output its result."""

    role: Literal["user", "assistant", "call", "output"]
    text: str
    call_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What the model is asked: instructions, history, tools."""

    instructions: str
    entries: tuple[Entry, ...]
    tools: frozenset[str]

    @property
    def since_user(self) -> tuple[Entry, ...]:
        """What happened after the last thing a person said."""
        last = max((i for i, entry in enumerate(self.entries) if entry.role == "user"), default=-1)
        return self.entries[last + 1 :]

    @property
    def question(self) -> str:
        """The last thing a person said."""
        return next((entry.text for entry in reversed(self.entries) if entry.role == "user"), "")

    def outputs(self, name: str, entries: Sequence[Entry] | None = None) -> list[tuple[Entry, Entry]]:
        """The calls of a tool that have a result, each with it, oldest first."""
        results = {entry.call_id: entry for entry in self.entries if entry.role == "output"}
        searched = self.entries if entries is None else entries
        calls = (entry for entry in searched if entry.role == "call" and entry.name == name)
        return [(call, results[call.call_id]) for call in calls if call.call_id in results]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call in an answer."""

    name: str
    arguments: Mapping[str, Any]
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: text, then calls."""

    text: str = ""
    calls: tuple[Call, ...] = field(default=())


def of_responses(body: Mapping[str, Any]) -> Dialogue:
    """Read a request to `/v1/responses`."""
    given = body.get("input") or []
    items: list[Any] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    tools = frozenset(str(tool.get("name")) for tool in body.get("tools") or [])
    return Dialogue(str(body.get("instructions") or ""), tuple(_responses_entries(items)), tools)


def _responses_entries(items: Sequence[Any]) -> Iterator[Entry]:
    for item in items:
        match item.get("type"):
            case "function_call":
                yield Entry("call", item["arguments"], item["call_id"], item["name"])
            case "function_call_output":
                yield Entry("output", _text(item["output"]), item["call_id"])
            case None | "message" if item.get("role") in {"user", "assistant"}:
                yield Entry(item["role"], _text(item.get("content")))
            case _:
                pass


def of_chat(body: Mapping[str, Any]) -> Dialogue:
    """Read a request to `/v1/chat/completions`."""
    messages: list[Any] = list(body.get("messages") or [])
    system = "\n".join(_text(m.get("content")) for m in messages if m.get("role") in {"system", "developer"})
    tools = frozenset(str(tool["function"]["name"]) for tool in body.get("tools") or [])
    return Dialogue(system, tuple(_chat_entries(messages)), tools)


def _chat_entries(messages: Sequence[Any]) -> Iterator[Entry]:
    for message in messages:
        text = _text(message.get("content"))
        match message.get("role"):
            case "user" | "assistant" as role:
                if text:
                    yield Entry(role, text)
                for call in message.get("tool_calls") or []:
                    function = call["function"]
                    yield Entry("call", function["arguments"], call["id"], function["name"])
            case "tool":
                yield Entry("output", text, str(message.get("tool_call_id")))
            case _:
                pass


def _text(content: Any) -> str:
    """Flatten content, which is a text or a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):
        parts: list[Any] = content  # pyright: ignore[reportUnknownVariableType]
        return "".join(str(part.get("text") or "") for part in parts)
    return json.dumps(content)
