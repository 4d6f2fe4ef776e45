"""Rows of cells under one header. What had to be put right is said in notes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Union

#: A spreadsheet has numbers and days; text has text alone.
Cell = Union[str, Decimal, date]  # noqa: UP007 - of Python 3.9
#: Rows that are worked on: about 500 MB of memory, half of what a sandbox has.
MOST_ROWS = 1_000_000
#: Columns of an equal name that are told one by one.
NAMED = 10
#: Characters of a cell that are shown.
SHOWN = 40
_NUMBER = re.compile(r"[^\w\s]?\s*[-(]?\d[\d.,' ]*[)%-]?")
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")

_RULE = re.compile(r":?-{3,}:?")


class CannotRead(Exception):
    """It is no table that can be read; the message goes on a sentence that begins with the file's name."""


@dataclass(frozen=True)
class Table:
    """Each row has as many cells as the header."""

    header: list[str]
    rows: list[list[Cell]]
    notes: list[str] = field(default_factory=list)
    separator: str = ","


def shown(cell: Cell) -> str:
    """A cell as text."""
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell).strip()


def seen(text: str) -> str:
    """A text without what nobody sees, and what turns the rest of a line around."""
    return text if text.isascii() else "".join(one for one in text if unicodedata.category(one) != "Cf")


def quoted(cell: Cell) -> str:
    """A cell within a sentence: nothing in it is read as markup."""
    text = " ".join(seen(str(cell)).replace("`", "'").split()) if isinstance(cell, str) else shown(cell)
    return f"`{text[:SHOWN]}…`" if len(text) > SHOWN else f"`{text}`"


def tabular(rows: Sequence[Sequence[Cell]], notes: Sequence[str] = (), separator: str = ",") -> Table:
    """Find the header and make all rows as long; raises `CannotRead` where there is no row at all."""
    said = list(notes)
    full = [_without_end(row) for row in rows]
    while full and not full[-1]:  # the end of the file is no gap
        full.pop()
    kept = [row for row in full if row]
    if not kept:
        raise CannotRead("is empty: there is nothing to read in it")
    if len(full) > len(kept):
        said.append(f"I left out {counted(len(full) - len(kept), 'blank line')}.")
    above = _above_the_header(kept)
    if above:
        said.append(f"I left out {counted(above, 'line')} above the header, such as {quoted(kept[0][0])}.")
    kept = kept[above:]
    header = [] if _is_data(kept) else kept.pop(0)
    if header and kept and _is_ruled(kept[0]):
        kept.pop(0)
    if not header:
        said.append("There is no header, so I numbered the columns.")
    width = max(len(row) for row in (header, *kept))
    said += _uneven(header, kept)
    for row in kept:
        row.extend([""] * (width - len(row)))
    return Table(_names(header, width, said), kept, said, separator)


def counted(count: int, what: str) -> str:
    """A number of things."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _without_end(row: Sequence[Cell]) -> list[Cell]:
    cells = list(row)
    while cells and not shown(cells[-1]):
        cells.pop()
    return cells


def _above_the_header(rows: Sequence[Sequence[Cell]]) -> int:
    """How many rows of one cell stand above a table of several, as a title does."""
    usual = Counter(map(len, rows)).most_common(1)[0][0]
    first = next((at for at, row in enumerate(rows) if len(row) > 1), 0)
    table = rows[first:]
    wide = sum(len(row) > 1 for row in table)
    is_table = wide > 1 and 2 * wide > len(table) and all(_kind(cell) == "text" for cell in rows[first])
    return first if usual > 1 or is_table else 0


def _is_ruled(row: Sequence[Cell]) -> bool:
    """Whether a row is the line that Markdown draws below a header."""
    cells = [shown(cell) for cell in row if shown(cell)]
    return bool(cells) and all(_RULE.fullmatch(cell) for cell in cells)


def _is_data(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether the first row is like the second one, with a day or an amount at the same places."""
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return False
    first, second = (list(map(_kind, row)) for row in rows[:2])
    return first == second and any(kind in ("day", "amount") for kind in first)


def _kind(cell: Cell) -> str:
    if isinstance(cell, date) or (isinstance(cell, str) and _DAY.fullmatch(cell.strip())):
        return "day"
    if isinstance(cell, Decimal) or _NUMBER.fullmatch(shown(cell)):
        return "number" if shown(cell).isdigit() else "amount"
    return "text" if shown(cell) else ""


def _uneven(header: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """What to say of rows that are longer than the header, or shorter by more than empty cells at the end."""
    if not header:
        return []
    longer = sum(len(row) > len(header) for row in rows)
    shorter = sum(len(row) < len(header) for row in rows)
    said: list[str] = []
    if longer:
        said.append(
            f"{counted(longer, 'row')} with more cells than the header: I kept them in columns of their own."
        )
    if shorter:
        said.append(f"{counted(shorter, 'row')} with fewer cells than the header: I left the rest empty.")
    return said


def _names(header: Sequence[Cell], width: int, said: list[str]) -> list[str]:
    """A name for each column; `said` hears of those that two have."""
    names: dict[str, None] = {}
    numbers, again = Counter[str](), list[str]()
    for at in range(width):
        name = " ".join(shown(header[at]).split()) if at < len(header) else ""
        free = name = name or f"column {at + 1}"
        while free in names:
            numbers[name] += 1
            free = f"{name} ({numbers[name] + 1})"
        if free != name:
            again.append(f"Two columns are called {quoted(name)}; I call the later one {quoted(free)}.")
        names[free] = None
    said += again[:NAMED]
    if len(again) > NAMED:
        said.append(f"{counted(len(again) - NAMED, 'more column')} I numbered in the same way.")
    return list(names)
