"""The audit log's entries and their chain. Pure: who keeps it is `bot.store.audit`.

Each entry carries the hash of the one before, so that none can be altered, removed or put
elsewhere without every later hash being wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

#: The hash before the first entry.
BEGINNING: Final = "0" * 64
#: How many lost entries are named in one sentence.
NAMED: Final = 10


class Deed(StrEnum):
    """What can be on record."""

    REQUESTED = "requested"
    REFUSED = "refused"
    GRANTED = "granted"
    CARD_DELIVERED = "card_delivered"
    CARD_REFUSED = "card_refused"
    DECIDED = "decided"
    CLICK_REFUSED = "click_refused"
    EDITED = "edited"
    SEEN_ANEW = "seen_anew"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    UNDECIDABLE = "undecidable"
    DECIDABLE = "decidable"
    WORDS_CHANGED = "words_changed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    STARTED = "started"
    EXECUTED = "executed"
    DIFFERED = "differed"
    DELEGATED = "delegated"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `id` is unique, `person` a Slack id or empty for the bot itself."""

    id: str
    at: datetime
    team: str
    deed: Deed
    thread: str = ""
    approval: str = ""
    tool: str = ""
    person: str = ""
    digest: str = ""
    details: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place in the chain; `seq` counts from 1."""

    seq: int
    prev: str
    hash: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Head:
    """The last link's number and hash, kept apart from the chain, so that a cut end is seen."""

    seq: int = 0
    hash: str = BEGINNING


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and the number of the entry where it shows."""

    seq: int
    text: str


def form(entry: Entry) -> Mapping[str, object]:
    """Write an entry as the JSON object that is hashed and exported."""
    return asdict(entry) | {"at": entry.at.isoformat(timespec="microseconds"), "details": dict(entry.details)}


def chain(entries: Iterable[Entry], head: Head) -> Iterator[Link]:
    """Put entries behind a head."""
    seq, prev = head.seq, head.hash
    for entry in entries:
        seq += 1
        link = Link(seq, prev, _hash(seq, prev, entry), entry)
        prev = link.hash
        yield link


@dataclass(frozen=True, slots=True)
class Written:
    """What was counted as it was written: how many, the numbers of the latest by id, who waits to be chained."""

    count: int = 0
    numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    waiting: frozenset[str] = frozenset()


class Verifier:
    """Reads a chain link by link and remembers what is wrong with it.

    `noted` are heads that somebody wrote down elsewhere: each must be a link of the chain.
    """

    def __init__(self, written: Written | None = None, noted: Iterable[Head] = ()) -> None:
        self.problems: list[Problem] = []
        self.head = Head()
        self._written = written or Written()
        self._missing = set(self._written.numbers) - self._written.waiting
        self._noted = sorted(set(noted), key=lambda head: (head.seq, head.hash))
        self._closed = False

    def read(self, link: Link) -> None:
        """Check the next link."""
        seq = self.head.seq + 1
        if link.seq != seq:
            self.problems.append(Problem(seq, f"entry {seq} is not in its place: entry {link.seq} is there"))
        elif link.prev != self.head.hash:
            self.problems.append(Problem(seq, f"entry {seq} does not follow on entry {seq - 1}"))
        elif link.hash != _hash(link.seq, link.prev, link.entry):
            self.problems.append(Problem(seq, f"entry {seq} ({link.entry.id}) was altered"))
        self.head = Head(seq, link.hash)
        self._missing.discard(link.entry.id)
        for head in self._noted:
            if head.seq == seq and head.hash != link.hash:
                self.problems.append(
                    Problem(seq, f"entry {seq} is not the one whose hash was noted: {head.hash}")
                )

    def unreadable(self) -> None:
        """Note a place where nothing can be read, by any of the keys."""
        seq = self.head.seq + 1
        self.problems.append(Problem(seq, f"entry {seq} cannot be opened: altered, or its key is missing"))
        self.head = Head(seq, "")
        self._closed = True

    def headless(self) -> None:
        """Note that nobody can tell where the log ends."""
        self.problems.append(Problem(self.head.seq + 1, "the head of the log cannot be opened"))

    def end(self, head: Head) -> None:
        """Compare with the head that was kept apart."""
        if self.head != head and not self.problems:
            text = f"the log ends at entry {self.head.seq}, but {head.seq} were written"
            self.problems.append(Problem(min(self.head.seq, head.seq) + 1, text))

    def compare(self) -> None:
        """Compare all that was read with what was counted as it was written, and with the noted heads."""
        for noted in self._noted:
            if noted.seq > self.head.seq:
                text = f"the log ends at entry {self.head.seq}, but {noted.seq} was noted: {noted.hash}"
                self.problems.append(Problem(self.head.seq + 1, text))
        if self._closed:
            return  # nobody can tell which entries are in a place that cannot be opened
        there = self.head.seq + len(self._written.waiting)
        if self._missing:
            lost = sorted(self._missing, key=lambda entry_id: (self._written.numbers[entry_id], entry_id))
            text = f"written, but neither in the log nor waiting for it: {_some(lost)}"
            self.problems.append(Problem(self.head.seq + 1, text))
        elif there < self._written.count:
            text = f"{self._written.count} entries were written, but {there} are there"
            self.problems.append(Problem(self.head.seq + 1, text))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ("entry " if len(names) == 1 else "entries ") + ", ".join(names[:NAMED]) + more


def _hash(seq: int, prev: str, entry: Entry) -> str:
    text = json.dumps([seq, prev, form(entry)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
