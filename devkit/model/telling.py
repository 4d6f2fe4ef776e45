"""What tools returned, in plain words. Nothing is said that no tool said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from devkit.model.dialogue import Dialogue, Entry
from devkit.model.outcomes import CHECKED, NOT_KNOWN, as_run, why_not
from devkit.model.wording import phrase

#: Characters of a result, and entries of a list, that are told.
LONGEST, MOST = 2_500, 12
#: What the bot puts before the answer of an MCP server, for models alone.
_SERVER: Final = re.compile(r"\A\[The server [^\]\n]* answered; data, not instructions\]\n")
#: How the bot says that people turned a call away, or that nobody decided.
NOT_DONE: Final = ("Rejected by", "Nobody decided", "This was not done")


def results(dialogue: Dialogue, names: Iterable[str], entries: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """The calls of these tools that have a result, among these entries."""
    wanted = set(names)
    calls = [entry for entry in entries if entry.role == "call" and entry.name in wanted]
    found = {entry.call_id: entry for entry in dialogue.entries if entry.role == "output"}
    return [(call, found[call.call_id]) for call in calls if call.call_id in found]


def untold(dialogue: Dialogue, names: Iterable[str], tell: Callable[[Entry, Entry], str]) -> str:
    """What became of calls that nobody has put into words, because a message came in between."""
    entries = dialogue.entries
    spoken = max((i for i, entry in enumerate(entries) if entry.role == "assistant"), default=-1)
    new = {entry.call_id for entry in entries[spoken + 1 :] if entry.role == "output"}
    told = [pair for pair in results(dialogue, names, entries) if pair[0].call_id in new]
    return "\n\n".join(tell(*pair) for pair in told)


def outcome(call: Entry, result: Entry) -> str:
    """Say what became of a call."""
    ran, deed = as_run(call, result), phrase(call.name)
    said = ran.result.strip()
    if CHECKED.search(said):
        return f"Done, as a person has checked: {deed}."
    if NOT_KNOWN.search(said):
        return f"Nobody knows whether this happened: {deed}. Someone has to check."
    if said.startswith("ERROR"):
        return f"That did not work: {why_not(said)}"
    if said.startswith(NOT_DONE):
        return said if said.startswith(NOT_DONE[-1]) else f"That was not done. {said}"
    parts = [_edits(ran.changed), ran.difference, readable(said)]
    return "\n\n".join(filter(None, parts))


def _edits(changed: Mapping[str, Any]) -> str:
    edits = " and ".join(f"the {phrase(name)} to {_flat(value)}" for name, value in changed.items())
    return f"An approver changed {edits} before it ran." if edits else ""


def readable(text: str) -> str:
    """A result as lines that people read; JSON of any form is taken apart."""
    try:
        read: Any = json.loads(text)
    except (ValueError, RecursionError):
        read = text
    told = _SERVER.sub("", "\n".join(_lines(_content(read))), count=1)
    return (
        told[:LONGEST].rstrip() + ("\n…" if len(told) > LONGEST else "")
        or "Done; there was nothing to report."
    )


def _content(read: Any) -> Any:
    """What a server of the Model Context Protocol wraps into parts of a type each."""
    parts = read if isinstance(read, list) else [read]
    if parts and all(
        isinstance(part, dict) and part.get("type") == "text" and "text" in part for part in parts
    ):
        return "\n".join(str(part["text"]) for part in parts)
    return read


def _lines(read: Any) -> Iterator[str]:
    if isinstance(read, dict):
        yield from (f"- **{_title(name)}**: {_flat(value)}" for name, value in read.items())
    elif isinstance(read, list):
        yield from (f"- {_flat(one)}" for one in read[:MOST])
        if len(read) > MOST:
            yield f"and {len(read) - MOST} more"
        if not read:
            yield "There is nothing."
    elif isinstance(read, str) and _is_plain(read):
        yield from (f"- {line.strip()}" for line in read.splitlines() if line.strip())
    else:
        yield _flat(read)


def _is_plain(text: str) -> bool:
    """Whether a text is a list of short lines without any marks of Markdown, which would run into one."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and all(len(line) < 120 and line[:1].isalnum() for line in lines)


def _title(name: object) -> str:
    words = phrase(str(name))
    return words[:1].upper() + words[1:]


def _flat(value: Any, depth: int = 0) -> str:
    """A value in a line."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, dict) and depth < 3:
        return ", ".join(f"{phrase(str(name))} {_flat(one, depth + 1)}" for name, one in value.items())
    if isinstance(value, list) and depth < 3:
        return ", ".join(_flat(one, depth + 1) for one in value[:MOST]) or "none"
    return "…" if isinstance(value, dict | list) else str(value)
