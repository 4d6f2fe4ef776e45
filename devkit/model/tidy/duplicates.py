"""Rows that are there twice: by their number, whatever its case and spaces; by all of them where there is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from .table import Cell, counted, quoted, seen, shown

#: Examples in a sentence.
NAMED = 10


@dataclass
class Found:
    """What is kept, and how often each of what was there more than once."""

    kept: list[list[Cell]] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


#: Dashes that look like a hyphen.
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")


def same(cell: Cell) -> str:
    """What two cells have in common that say the same, to the eye: whatever their case, spaces, hyphens, and what is not seen."""
    text = unicodedata.normalize("NFKC", shown(cell))
    if not text.isascii():
        text = DASHES.sub("-", "".join(char for char in text if unicodedata.category(char) != "Cf"))
    return " ".join(text.split()).casefold()


def _spaced(text: str) -> str:
    return " ".join(text.split()).casefold()


def find(rows: Sequence[list[Cell]], column: int | None) -> Found:
    """Keep the first of each; rows without a number are all kept."""
    first: dict[object, list[Cell]] = {}
    found, spelled, differ, bare = Found(), dict[str, str](), list[str](), 0
    for row in rows:
        key = tuple(map(same, row)) if column is None else same(row[column])
        bare += not key
        if not key or key not in first:
            first[key] = row
            found.kept.append(row)
            continue
        earlier = first[key]
        name = shown(earlier[column or 0])
        found.times[name] = found.times.get(name, 1) + 1
        if column is not None and str(row[column]) != str(earlier[column]):
            spelled.setdefault(name, str(row[column]))
        if list(map(same, row)) != list(map(same, earlier)) and name not in differ:
            differ.append(name)
    found.notes = _notes(spelled, differ, bare)
    return found


def _notes(spelled: dict[str, str], differ: Sequence[str], bare: int) -> list[str]:
    notes: list[str] = []
    if spelled:
        name, other = next(iter(spelled.items()))
        more = f", and so do {len(spelled) - 1:,} more" if len(spelled) > 1 else ""
        pair = f"{quoted(name)} and `{seen(other)[: NAMED * 4].replace('`', chr(39))}`"
        how = "case or spaces" if _spaced(name) == _spaced(other) else "signs that look alike"
        notes.append(f"{pair} differ only in {how}{more}; I counted them as duplicates.")
    if differ:
        notes.append(
            f"{listed(differ)}: the rows differ in other columns too. I kept the first of each; please look."
        )
    if bare:
        notes.append(f"{counted(bare, 'row')} without a number: I kept all of them.")
    return notes


def listed(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(quoted, names[:NAMED])) + more
