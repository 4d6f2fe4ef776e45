"""A model request, whichever protocol it came by: what was said, and what may be called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

#: The bot says before a message when it was written.
SENT: Final = re.compile(r"^\[Sent on ([^\]\n]{1,120})\]\n")
#: Before that, where the beginning of a thread is not shown.
LEFT_OUT: Final = re.compile(r"^\[This thread is long: [^\]\n]{1,200}\]\n")
#: What was said in it before may stand in notes: a message that nobody wrote.
NOTES: Final = re.compile(r"^\[Notes on what was said in this thread before this, [^\]\n]{1,300}\]\n")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the history; `text` of a call is its arguments, of an output its result.

    `sent` is what the bot wrote before a message: when it was sent, and where its author's clock stands.
    """

    role: Literal["user", "assistant", "call", "output", "notes"]
    text: str
    call_id: str = ""
    name: str = ""
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that may be called; `schema` is the JSON schema of its arguments, which may be anything."""

    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What the model is asked: instructions, history, tools by their names."""

    instructions: str
    entries: tuple[Entry, ...]
    tools: Mapping[str, Tool]

    @property
    def since_user(self) -> tuple[Entry, ...]:
        """What happened after the last thing a person said."""
        last = max((i for i, entry in enumerate(self.entries) if entry.role == "user"), default=-1)
        return self.entries[last + 1 :]

    @property
    def question(self) -> str:
        """The last thing a person said."""
        return next((entry.text for entry in reversed(self.entries) if entry.role == "user"), "")

    @property
    def sent(self) -> str:
        """When and where that was; empty where nobody says so."""
        return next((entry.sent for entry in reversed(self.entries) if entry.role == "user"), "")

    @property
    def said(self) -> str:
        """Everything the model has said so far."""
        return "\n".join(entry.text for entry in self.entries if entry.role == "assistant")

    def outputs(self, name: str, entries: Sequence[Entry] | None = None) -> list[tuple[Entry, Entry]]:
        """The calls of a tool that have a result, each with it, oldest first."""
        results = {entry.call_id: entry for entry in self.entries if entry.role == "output"}
        searched = self.entries if entries is None else entries
        calls = (entry for entry in searched if entry.role == "call" and entry.name == name)
        return [(call, results[call.call_id]) for call in calls if call.call_id in results]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call in an answer; `written` stands in the place of its arguments, be it JSON or not."""

    name: str
    arguments: Mapping[str, Any]
    call_id: str = ""
    written: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: text, a refusal, then calls.

    `ends` other than as a whole: `max_output_tokens`, `content_filter`, or `failed` with a `code`.
    With `thinks` it begins with a reasoning item.
    """

    text: str = ""
    calls: tuple[Call, ...] = field(default=())
    refusal: str = ""
    ends: str = ""
    code: str = ""
    thinks: bool = False


def of_responses(body: Mapping[str, Any]) -> Dialogue:
    """Read a request to `/v1/responses`."""
    given = body.get("input") or []
    items: list[Any] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    tools = _by_name(tool for tool in body.get("tools") or [] if tool.get("name"))
    return Dialogue(str(body.get("instructions") or ""), tuple(_responses_entries(items)), tools)


def _responses_entries(items: Sequence[Any]) -> Iterator[Entry]:
    for item in items:
        match item.get("type"):
            case "function_call":
                yield Entry("call", *(_word(item[part]) for part in ("arguments", "call_id", "name")))
            case "function_call_output":
                yield Entry("output", _text(item["output"]), _word(item["call_id"]))
            case None | "message" if item.get("role") in {"user", "assistant"}:
                yield _message(item["role"], _text(item.get("content")))
            case _:
                pass


def of_chat(body: Mapping[str, Any]) -> Dialogue:
    """Read a request to `/v1/chat/completions`."""
    messages: list[Any] = list(body.get("messages") or [])
    system = "\n".join(_text(m.get("content")) for m in messages if m.get("role") in {"system", "developer"})
    tools = _by_name(tool["function"] for tool in body.get("tools") or [])
    return Dialogue(system, tuple(_chat_entries(messages)), tools)


def _chat_entries(messages: Sequence[Any]) -> Iterator[Entry]:
    for message in messages:
        text = _text(message.get("content"))
        match message.get("role"):
            case "user" | "assistant" as role:
                if text:
                    yield _message(role, text)
                for call in message.get("tool_calls") or []:
                    function = call["function"]
                    yield Entry(
                        "call", _word(function["arguments"]), _word(call["id"]), _word(function["name"])
                    )
            case "tool":
                yield Entry("output", text, str(message.get("tool_call_id")))
            case _:
                pass


def _message(role: Literal["user", "assistant"], text: str) -> Entry:
    if role == "user" and (notes := NOTES.match(text)):
        lines = text[notes.end() :].split("\n")
        return Entry("notes", "\n".join(line[2:] for line in lines if line.startswith("> ")))
    text = LEFT_OUT.sub("", text) if role == "user" else text
    found = SENT.match(text) if role == "user" else None
    return Entry(role, text[found.end() :], sent=found[1]) if found else Entry(role, text)


def _by_name(given: Iterable[Mapping[str, Any]]) -> dict[str, Tool]:
    made = (
        Tool(str(one["name"]), str(one.get("description") or ""), _schema(one.get("parameters")))
        for one in given
    )
    return {tool.name: tool for tool in made}


def _schema(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _word(given: Any) -> str:
    """What has to be a string; raises `TypeError` where it is anything else."""
    if not isinstance(given, str):
        raise TypeError(type(given).__name__)
    return given


def _text(content: Any) -> str:
    """Flatten content, which is a text or a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):
        parts: list[Any] = content  # pyright: ignore[reportUnknownVariableType]
        return "".join(str(part.get("text") or "") for part in parts)
    return json.dumps(content)
