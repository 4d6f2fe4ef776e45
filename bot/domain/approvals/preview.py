"""Previews: what a call would do, in the words of the business, as the world was when somebody looked. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

#: Characters of each text of a preview that are kept, and facts. A card's section holds 3,000 characters; what is
#: cut says so in its own place.
TITLE: Final = 90
LABEL: Final = 40
VALUE: Final = 160
PROBLEM: Final = 500
FACTS: Final = 10


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know before deciding: `label` as it stands on the card, and its value ("Left to refund", "29.00 USD")."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would do. `title` says it in one line ("Refund 29.00 USD to Hazel & Co, INV-1003").

    `problem` is a sentence for people that says why it cannot be done; nobody is asked then. `unread` is the bot's own:
    it could not be found out.
    """

    title: str = ""
    facts: tuple[Fact, ...] = ()
    problem: str = ""
    unread: bool = False


#: Of a call of which nobody could find out what it would do.
UNREAD: Final = Preview(unread=True)


@dataclass(frozen=True, slots=True)
class PreviewChange:
    """What an approval's card showed was no longer so when somebody, `by`, was about to approve it.

    Their click counted for nothing, nor did the approvals before it, which were those of `void`.
    """

    by: str
    at: datetime
    before: Preview
    after: Preview
    void: tuple[str, ...] = ()


class Look(Enum):
    """What a second look says of a preview, against the one that people were shown."""

    SAME = "same"
    CHANGED = "changed"
    PROBLEM = "problem"
    SILENT = "silent"


def compared(shown: Preview | None, now: Preview | None) -> Look:
    """Say whether an approval of what was shown may count.

    What could not be read then and cannot be read now was shown as such: people have agreed to that.
    """
    if now is None or now == UNREAD == shown:
        return Look.SAME
    if now.unread:
        return Look.SILENT
    if now.problem:
        return Look.PROBLEM
    return Look.SAME if now == shown else Look.CHANGED


def bounded(preview: Preview) -> Preview:
    """A preview as it is kept and shown: each text one line and not too long. Raises `TypeError` for what is none."""
    facts = [Fact(_line(one.label, LABEL), _line(one.value, VALUE)) for one in preview.facts]
    if left_out := len(facts[FACTS:]):
        facts = [*facts[: FACTS - 1], Fact("Not shown", f"{left_out + 1} more")]
    title, problem = _line(preview.title, TITLE), _line(preview.problem, PROBLEM)
    return replace(preview, title=title, facts=tuple(facts), problem=problem, unread=False)


def fingerprint(call: str, preview: Preview | None) -> str:
    """SHA-256 over a call's own fingerprint and what was shown beside it; the call's where nothing was."""
    if preview is None:
        return call
    # Field by field: one that a later release adds must not alter the fingerprints of what waits.
    facts = [[one.label, one.value] for one in preview.facts]
    said = json.dumps([preview.title, facts, preview.problem, preview.unread])
    return hashlib.sha256(f"{call}\n{said}".encode()).hexdigest()


def in_words(preview: Preview | None) -> str:
    """A preview in one line, for the record; empty where there is none."""
    if preview is None:
        return ""
    facts = [f"{one.label}: {one.value}" for one in preview.facts]
    unread = ["could not be looked up"] if preview.unread else []
    return "; ".join(filter(None, (preview.title, *facts, preview.problem, *unread)))


def differences(before: Preview, after: Preview) -> Iterator[tuple[str, str, str]]:
    """What two previews say differently: label, before, after. A side that says nothing of it is empty."""
    if before.title != after.title and before.title and after.title:
        yield "What it would do", before.title, after.title
    then, now = _by_label(before.facts), _by_label(after.facts)
    for label, number in dict.fromkeys((*then, *now)):
        one, other = (side.get((label, number), "") for side in (then, now))
        if one != other:
            yield label, one, other


def _by_label(facts: tuple[Fact, ...]) -> dict[tuple[str, int], str]:
    """The values by their labels; of those that have one label, each by its number as well."""
    labels = [one.label for one in facts]
    return {(one.label, labels[:at].count(one.label)): one.value for at, one in enumerate(facts)}


def _line(text: str, most: int) -> str:
    """A text as one line that can be stored; what is cut off is counted at its end."""
    line = " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
    if len(line) <= most:
        return line
    return f"{line[:most]}… ({len(line) - most:,} more characters)"
