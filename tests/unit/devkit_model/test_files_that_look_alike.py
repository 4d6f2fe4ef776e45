"""What looks alike in a file counts as the same, what nobody sees is not shown, and what stands above a table is no header."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.model.tidy.__main__ import tidied

LINE = "id,date,amount\n"


def said_of(content: str, folder: Path, name: str = "file.csv") -> str:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    (text,), _ = tidied([path], folder / "out")
    return text


@pytest.mark.parametrize(
    "other",
    ["INV\u20111", "INV\u20131", "INV\u22121", "INV-1\u200b", "\ufeffINV-1", "INV\u00ad-1"],
    ids=ascii,
)
def test_numbers_that_look_alike_are_duplicates_and_it_is_said(other: str, tmp_path: Path) -> None:
    said = said_of(f"{LINE}INV-1,2026-08-02,10\n{other},2026-08-02,10\nINV-2,2026-08-02,1\n", tmp_path)

    assert "3 rows, 1 duplicate: `INV-1` (2 times)." in said
    assert "differ only in signs that look alike; I counted them as duplicates." in said


def test_nothing_turns_a_line_of_the_answer_around(tmp_path: Path) -> None:
    said = said_of(f"{LINE}\u202e1,2026-08-02,10\n\u202e1,2026-08-02,10\n", tmp_path, "\u202egpj.csv")

    assert "`gpj.csv`: 2 rows, 1 duplicate: `1` (2 times)." in said
    assert "\u202e" not in said


@pytest.mark.parametrize("above", ["# exported\n# by billing\n", "Report\nAccount 4711\nof the year\n"])
def test_lines_above_a_short_table_are_no_header(above: str, tmp_path: Path) -> None:
    said = said_of(f"{above}{LINE}INV-1,2026-08-02,10\n", tmp_path)

    assert "1 row, 0 duplicates" in said
    assert "2026-08: 10.00" in said
    assert f"{above.count(chr(10))} lines above the header" in said


def test_a_list_of_one_column_loses_no_row_to_longer_ones_below(tmp_path: Path) -> None:
    said = said_of("id\n1\n2,3\n4,5\n", tmp_path)

    assert "3 rows" in said
    assert "above the header" not in said


def test_the_line_below_the_header_of_a_markdown_table_is_no_row(tmp_path: Path) -> None:
    said = said_of("| id | date | amount |\n|:---|---|---:|\n| 1 | 2026-08-02 | 10 |\n", tmp_path, "a.md")

    assert "1 row, 0 duplicates" in said
    assert "could not read" not in said
