"""The table of `make bench`: what is judged, and how it reads."""

from __future__ import annotations

from bench.figures import Row, ratio, table


def test_the_median_of_the_repetitions_is_judged_and_their_spread_is_told() -> None:
    row = Row("a click", [9.0, 31.0, 24.0], most=25, unit="ms")

    assert not row.is_missed
    assert row.cells == ("a click", "24.0 ms", "9.00 to 31.0", "≤ 25.0 met", "")
    assert Row("a click", [26.0, 31.0, 24.0], most=25).is_missed
    assert Row("a click", [25.0], most=25).cells[3] == "≤ 25.0 met"


def test_what_has_no_target_is_not_judged() -> None:
    row = Row("memory", [176.0])

    assert (row.is_missed, row.cells[3]) == (False, "")


def test_a_ratio_is_of_what_was_measured_in_the_same_repetition() -> None:
    row = ratio("a turn", [10.0, 40.0, 20.0], [5.0, 20.0, 5.0], most=2.5, unit="ms", named="bot : SDK")

    assert (row.values, row.is_missed) == ([2.0, 2.0, 4.0], False)
    assert row.beside == "20.0 : 5.00 ms (bot : SDK)"


def test_the_table_is_markdown_with_columns_as_wide_as_what_is_in_them() -> None:
    lines = table([Row("a", [1.0], 2.0), Row("a longer one", [2_500.0], 1.0)]).splitlines()

    assert {len(line) for line in lines} == {len(lines[0])}
    assert lines[2].startswith("| a            | 1.00   |")
    assert lines[3].startswith("| a longer one | 2,500  |")
    assert "MISSED" in lines[3]
