"""Text with separators: which one it is, and the cells between them."""

from __future__ import annotations

import csv
import io
from collections import Counter

from .table import MOST_ROWS, CannotRead

NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
#: Characters and rows by which the separator is chosen.
SAMPLE, LOOKED_AT = 200_000, 200
#: A cell with more lines than this is a quotation mark that nobody closed.
MOST_LINES = 50
#: Characters of a cell.
LONGEST = 1_000_000


def read(text: str) -> tuple[list[list[str]], str, list[str]]:
    """The rows, the separator, and what was assumed; raises `CannotRead` for too many rows."""
    csv.field_size_limit(LONGEST)
    text = text.replace("\0", "")
    first, _, rest = text.partition("\n")
    declared = first.strip().lower()
    if declared.startswith("sep=") and len(first.strip("\r\n")) == 5:  # a line of Excel's own
        separator, text = first[4], rest
    else:
        separator = max(NAMES, key=lambda one: _score(text, one))
    notes = [f"Cells are separated by {NAMES.get(separator, separator)}."] if separator != "," else []
    try:
        rows = _rows(text, separator)
    except csv.Error:
        rows = []
    if not rows or any(
        cell.count("\n") > MOST_LINES for row in rows for cell in row if len(cell) > MOST_LINES
    ):
        notes.append("A quotation mark is never closed, so I took all of them as plain characters.")
        try:
            rows = _rows(text, separator, plain=True)
        except csv.Error as error:
            raise CannotRead(
                f"has a cell of more than {LONGEST:,} characters, which is more than I can work on here"
            ) from error
    return rows, separator, notes


def _rows(text: str, separator: str, *, plain: bool = False) -> list[list[str]]:
    rows: list[list[str]] = []
    quoting = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting):
        if len(rows) == MOST_ROWS:
            raise CannotRead(f"has more than {MOST_ROWS:,} rows, which is more than I can work on here")
        rows.append(row)
    return rows


def _score(text: str, separator: str) -> tuple[float, int]:
    """How many rows have one number of cells, more if the first row has it too; then how many cells."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    try:
        rows = [row for row in _rows(sample, separator) if any(map(str.strip, row))][:LOOKED_AT]
    except (csv.Error, CannotRead):
        return 0.0, 0
    widths = Counter(map(len, rows))
    usual, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    if usual == 1:
        return 0.0, 1
    return count / len(rows) * (1.0 if len(rows[0]) == usual else 0.5), usual
