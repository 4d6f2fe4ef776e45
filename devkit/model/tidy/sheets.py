"""Spreadsheets (.xlsx): the first sheet; the others are named. Archives of one file."""

from __future__ import annotations

import datetime
import zipfile
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

from .table import MOST_ROWS, CannotRead, Cell, quoted

#: Bytes that a spreadsheet may have when it is unpacked: one of 20 MB has 150 MB or so.
MOST = 300_000_000
INSIDE = (
    ("word/", "a Word document"),
    ("ppt/", "a presentation"),
    ("xl/workbook.bin", "a binary Excel file (.xlsb)"),
    ("content.xml", "an OpenDocument file"),
)


def read(path: Path, most: int = MOST) -> tuple[list[list[Cell]], list[str]]:
    """The rows of the first sheet, and what was left; raises `CannotRead` where it is no spreadsheet."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise CannotRead("is damaged: it begins as a spreadsheet, but cannot be unpacked") from error
    if "xl/workbook.xml" not in names:
        kind = next(
            (kind for name, kind in INSIDE if any(one.startswith(name) for one in names)), "an archive"
        )
        raise CannotRead(f"is {kind}, which I cannot read as a table")
    if size > most:
        raise CannotRead("is larger when it is unpacked than I can work on here")
    return _first_sheet(path)


def only_file(path: Path, most: int = MOST) -> bytes | None:
    """What is in the one file of an archive; None where it is another archive. Raises `CannotRead` if it is locked."""
    try:
        with zipfile.ZipFile(path) as archive:
            (one,) = archive.infolist()
            if "/" in one.filename or one.file_size > most:
                return None
            return archive.read(one)
    except NotImplementedError:  # a kind of compression that Python does not have
        return None
    except RuntimeError as error:
        raise CannotRead("is locked with a password") from error
    except (zipfile.BadZipFile, OSError, ValueError, zlib.error):
        return None


def _first_sheet(path: Path) -> tuple[list[list[Cell]], list[str]]:
    try:
        import openpyxl
    except ImportError as error:
        raise CannotRead("is a spreadsheet, and openpyxl is missing here; a CSV of it will do") from error
    with path.open("rb") as file:  # by its name it would go by the ending
        try:
            book: Any = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = book.worksheets
            rows = _rows(sheets[0])
        except (CannotRead, MemoryError):
            raise
        except Exception as error:
            raise CannotRead("is damaged: it is a spreadsheet whose cells cannot be read") from error
    others = ", ".join(quoted(sheet.title) for sheet in sheets[1:10])
    said = f"I read the first sheet, {quoted(sheets[0].title)}"
    return rows, [f"{said}, and not {others}." if others else f"{said}."]


def _rows(sheet: Any) -> list[list[Cell]]:
    sheet.reset_dimensions()  # which some programs write wrongly
    rows: list[list[Cell]] = []
    for row in sheet.iter_rows(values_only=True):
        if len(rows) == MOST_ROWS:
            raise CannotRead(f"has more than {MOST_ROWS:,} rows, which is more than I can work on here")
        rows.append([_cell(value) for value in row])
    return rows


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(repr(value)).normalize() if isinstance(value, float) else Decimal(value)
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else str(value)
