"""Where the words of each message stand in what a model reads, so that those of a deleted one can be taken out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: Stands where the words of a message were that was deleted.
DELETED: Final = "[A message that was deleted stood here.]"


@dataclass(frozen=True, slots=True)
class Place:
    """From which to which character of a text the words of a message (`ts`) are. Of no `ts`: those of several."""

    ts: str
    start: int
    end: int

    def moved(self, by: int) -> Place:
        """The same in a text that begins so many characters earlier."""
        return Place(self.ts, self.start + by, self.end + by)


def located(text: str, pieces: Iterable[tuple[str, str]]) -> tuple[Place, ...]:
    """Where pieces of a text are, each with its `ts`, one behind the other; one that is not in it is left out."""
    found, start = list[Place](), 0
    for ts, piece in pieces:
        at = text.find(piece, start) if piece else -1
        if at >= 0:
            start = at + len(piece)
            found.append(Place(ts, at, start))
    return tuple(found)


def others_in(said: str, text: str, below: str, earlier: Sequence[Place]) -> tuple[Place, ...]:
    """Where in what is read of a message, its `text` and what is `below` that, others' words are: `earlier` is where in `below`."""
    shown = below.strip()
    at = said.find(shown, len(text.strip())) - below.find(shown)
    return tuple(one.moved(at) for one in earlier)


def own(ts: str, start: int, end: int, others: Sequence[Place]) -> tuple[Place, ...]:
    """Where a message's own words are between two characters: before what others said, and behind it."""
    if not others:
        return (Place(ts, start, end),)
    first, last = min(one.start for one in others), max(one.end for one in others)
    parts = ((start, first), (last, end))
    return tuple(Place(ts, low, high) for low, high in parts if high > low)


def taken_out(text: str, places: Sequence[Place], ts: str) -> tuple[str, tuple[Place, ...]]:
    """The text without the words of a message, and where the other messages' are then."""
    kept, left, at = list[str](), list[Place](), 0
    shift = 0
    for one in sorted(places, key=lambda place: (place.start, -place.end)):
        if one.ts != ts:
            left.append(one.moved(shift))
            continue
        words = text[one.start : one.end]
        gap = words[len(words.rstrip()) :]
        kept += [text[at : one.start], DELETED, gap]
        at, shift = one.end, shift + len(DELETED) + len(gap) - len(words)
    return "".join([*kept, text[at:]]), tuple(left)
