"""Files that somebody made to break what reads them: a sentence each, and never a program that broke off."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from devkit.model.tidy.__main__ import tidied
from devkit.model.tidy.opening import opened

LINE = "id,date,amount\nINV-1,2026-08-02,5\n"


def said_of(content: bytes, folder: Path) -> str:
    path = folder / "file"
    path.write_bytes(content)
    (text,), _ = tidied([path], folder / "out")
    return text


@pytest.mark.parametrize("content", [LINE + "INV-2," + "x" * 1_000_001, "x" * 1_000_001])
def test_a_cell_that_is_too_long_is_refused_in_a_sentence(content: str, tmp_path: Path) -> None:
    assert "has a cell of more than 1,000,000 characters" in said_of(content.encode(), tmp_path)


@pytest.mark.parametrize("digits", [30, 309, 400])
def test_a_number_that_no_amount_comes_to_is_in_no_sum_and_the_others_are(
    digits: int, tmp_path: Path
) -> None:
    said = said_of(f"{LINE}INV-2,2026-09-02,{'9' * digits}\n".encode(), tmp_path)

    assert "2026-08: 5.00\n" in said
    assert "so 1 row is in no sum" in said
    assert (tmp_path / "out" / "spend.png").exists()


def test_a_spreadsheets_infinity_is_in_no_sum(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "date", "amount"], ["1", "2026-08-02", 5], ["2", "2026-08-02", 77]):
        book.worksheets[0].append(row)
    book.save(whole := io.BytesIO())
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(made := io.BytesIO(), "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>77</v>", b"<v>1e400</v>"))

    said = said_of(made.getvalue(), tmp_path)

    assert "2026-08: 5.00\n" in said
    assert "I could not read `Infinity`" in said


def test_an_archive_of_an_unknown_compression_is_not_called_locked(tmp_path: Path) -> None:
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        archive.writestr("a.csv", LINE)
    content, zstandard = bytearray(made.getvalue()), (93).to_bytes(2, "little")
    in_directory = content.index(b"PK\1\2") + 10
    content[8:10], content[in_directory : in_directory + 2] = zstandard, zstandard

    assert "is an archive, which I cannot read" in said_of(bytes(content), tmp_path)


def test_thousands_of_columns_of_one_name_are_numbered_and_told_shortly(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(",".join(["c"] * 5000) + "\n" + ",".join(["1"] * 5000) + "\n")

    table = opened(path)

    assert table.header[-1] == "c (5000)"
    assert len(set(table.header)) == 5000
    assert len(table.notes) == 11
    assert table.notes[-1].startswith("4,989 more columns")
