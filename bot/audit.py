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
    REMINDED = "reminded"
    ESCALATED = "escalated"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    STARTED = "started"
    EXECUTED = "executed"
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


class Verifier:
    """Reads a chain link by link and remembers what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.head = Head()

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

    def unreadable(self) -> None:
        """Note a place where nothing can be read, by any of the keys."""
        seq = self.head.seq + 1
        self.problems.append(Problem(seq, f"entry {seq} cannot be opened: altered, or its key is missing"))
        self.head = Head(seq, "")

    def headless(self) -> None:
        """Note that nobody can tell where the log ends."""
        self.problems.append(Problem(self.head.seq + 1, "the head of the log cannot be opened"))

    def end(self, head: Head) -> None:
        """Compare with the head that was kept apart."""
        if self.head != head and not self.problems:
            text = f"the log ends at entry {self.head.seq}, but {head.seq} were written"
            self.problems.append(Problem(min(self.head.seq, head.seq) + 1, text))


def _hash(seq: int, prev: str, entry: Entry) -> str:
    text = json.dumps([seq, prev, form(entry)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
