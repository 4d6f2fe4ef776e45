"""The table of `make bench`: what is judged, and how it reads."""

from __future__ import annotations

from bench.figures import Row, ratio, ratio_of_slices, table


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


def test_a_slice_that_was_disturbed_does_not_count_for_its_repetition() -> None:
    row = ratio_of_slices(
        "a turn", [[(10.0, 5.0), (90.0, 5.0), (20.0, 10.0)], [(6.0, 2.0)]], most=2.5, unit="ms"
    )

    assert (row.values, row.is_missed) == ([2.0, 3.0], False)
    assert row.beside == "15.00 : 5.00 ms"


def test_a_ratio_may_be_told_where_its_own_side_is_judged() -> None:
    row = Row("a click", [4.0], most=25, judged=([46.0, 20.0, 30.0], "ms"))

    assert (row.is_missed, row.cells[1], row.cells[3]) == (True, "4.00", "≤ 25.0 ms MISSED")


def test_the_table_is_markdown_with_columns_as_wide_as_what_is_in_them() -> None:
    lines = table([Row("a", [1.0], 2.0), Row("a longer one", [2_500.0], 1.0)]).splitlines()

    assert {len(line) for line in lines} == {len(lines[0])}
    assert lines[2].startswith("| a            | 1.00   |")
    assert lines[3].startswith("| a longer one | 2,500  |")
    assert "MISSED" in lines[3]
