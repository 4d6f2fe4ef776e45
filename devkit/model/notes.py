"""The demo model's notes: sentences in which there is something to be kept, word for word, and finding them again.

It has nothing but the text that it is given. What it does not note is forgotten, which shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from devkit.model.dialogue import Answer, Dialogue
from devkit.model.wording import stems

#: How the bot asks for notes: in the instructions, and how it parts what it gives.
ASKED: Final = "You keep the notes of one conversation"
_GIVEN: Final = re.compile(r"\ANotes so far:\n(.*?)\n\nSaid since:\n(.*)\Z", re.DOTALL)
#: What is worth keeping: a number, an id, an amount, a date; or that somebody asks for it.
_FACT: Final = re.compile(r"\d|\bremember\b|\bnote that\b", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
#: The bot says before a message when it was sent, which is no fact of it.
_SENT: Final = re.compile(r"^\[Sent on [^\]\n]{1,120}\]\n")
#: Words of all notes, and characters of one.
WORDS, LONGEST = 800, 240
_WHO: Final = {"person": "a person said", "assistant": "the assistant said", "tool_result": "a tool said"}
_RECALLS: Final = re.compile(
    r"\bremind me\b|\bdo you (?:still )?remember\b|\bwhat did (?:i|we) (?:say|tell)\b", re.IGNORECASE
)


def is_asked(dialogue: Dialogue) -> bool:
    """Whether notes are asked for."""
    return not dialogue.tools and ASKED in dialogue.instructions


def write(dialogue: Dialogue) -> Answer:
    """Write the notes anew: the old ones, and the facts of what was said since."""
    found = _GIVEN.match(dialogue.question)
    if found is None:
        return Answer("- nothing to note")
    before = [line for line in found[1].split("\n") if line.startswith("- ")]
    return Answer("\n".join(_fitting([*dict.fromkeys([*before, *_facts(found[2])])])) or "- nothing to note")


def recall(dialogue: Dialogue) -> Answer | None:
    """Answer what somebody wants to be reminded of, from what the request shows."""
    if not _RECALLS.search(dialogue.question):
        return None
    wanted = set(stems(_RECALLS.sub("", dialogue.question)))
    told = [*_noted(dialogue), *_said(dialogue)]
    score, best = max(((len(wanted & set(stems(one))), one) for one in told), default=(0, ""))
    return Answer(f"You said: {best}" if score else "Nothing of that is in what I can see of this thread.")


def _facts(said: str) -> Iterator[str]:
    for line in said.split("\n"):
        try:
            one: Any = json.loads(line)
            who, text = _WHO.get(str(one["who"])), _SENT.sub("", str(one["text"]))
        except (ValueError, LookupError, TypeError):
            continue
        if who:
            kept = (" ".join(part.split()) for part in _SENTENCE.split(text) if _FACT.search(part))
            yield from (f"- {who}: {part[:LONGEST]}" for part in kept)


def _fitting(lines: list[str]) -> list[str]:
    """What people said goes last, and of it what is oldest stays."""
    own = f"- {_WHO['person']}"
    while sum(len(line.split()) for line in lines) > WORDS:
        others = [at for at, line in enumerate(lines) if not line.startswith(own)]
        del lines[others[0] if others else -1]
    return lines


def _noted(dialogue: Dialogue) -> Iterator[str]:
    for entry in dialogue.entries:
        if entry.role == "notes":
            yield from (line.partition(": ")[2] for line in entry.text.split("\n") if line.startswith("- "))


def _said(dialogue: Dialogue) -> list[str]:
    return [entry.text for entry in dialogue.entries if entry.role == "user"][:-1]
