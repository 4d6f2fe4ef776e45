"""What people decided, counted: by person, tool and outcome, and how it is written."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import pytest

from bot.domain.audit import Deed, Entry
from bot.domain.tally import Count, Line, Tally
from bot.operations.audit_tally import COLUMNS, Layout, drawn
from tests.factories import ANA, MEI, NOON, OMAR, TEAM


def entry(
    deed: Deed, approval: str, minutes: float, person: str = "", tool: str = "issue_refund", **details: str
) -> Entry:
    at = NOON + timedelta(minutes=minutes)
    return Entry(f"{approval}{deed}{minutes}", at, TEAM, deed, "t", approval, tool, person, "", details)


def decided(approval: str, minutes: float, person: str, verdict: str = "approve") -> Entry:
    return entry(Deed.DECIDED, approval, minutes, person, verdict=verdict)


A_DAY = [
    entry(Deed.REQUESTED, "1", 0, ANA),
    entry(Deed.REQUESTED, "2", 10, ANA),
    entry(Deed.REQUESTED, "3", 20, ANA),
    entry(Deed.REQUESTED, "4", 30, ANA, tool="exec_command"),
    decided("1", 4, OMAR),
    entry(Deed.EXECUTED, "1", 5, ANA),
    decided("2", 12, OMAR),
    decided("3", 40, OMAR),
    decided("3", 41, MEI, "reject"),
    entry(Deed.CLICK_REFUSED, "3", 42, MEI, verdict="approve"),
    entry(Deed.EXPIRED, "4", 90, "", tool="exec_command"),
    decided("lost", 95, MEI, "reject"),
]


def counted(since: datetime | None = None, until: datetime | None = None) -> list[Count]:
    tally = Tally(since, until)
    for one in A_DAY:
        tally.read(one)
    return list(tally.counts())


def line(person: str, outcome: str, tool: str = "issue_refund") -> Line:
    return Line(TEAM, person, tool, outcome)


def test_decisions_are_counted_by_person_tool_and_outcome_with_the_time_in_the_middle() -> None:
    assert counted() == [
        Count(line("", "nobody decided in time", "exec_command"), 1, None),
        Count(line(MEI, "clicked in vain"), 1, None),
        Count(line(MEI, "rejected"), 2, timedelta(minutes=21)),  # of one of them the request is not on record
        Count(line(OMAR, "approved"), 3, timedelta(minutes=4)),
    ]


def test_what_was_asked_before_the_time_that_is_meant_is_still_the_request() -> None:
    since, until = NOON + timedelta(minutes=12), NOON + timedelta(minutes=41)

    assert counted(since, until) == [Count(line(OMAR, "approved"), 2, timedelta(minutes=11))]


@pytest.mark.parametrize(
    ("middle", "told"),
    [
        (None, "-"),
        (timedelta(seconds=-1), "0 s"),
        (timedelta(seconds=59.4), "59 s"),
        (timedelta(seconds=60), "1 min 0 s"),
        (timedelta(hours=1, minutes=2, seconds=59), "1 h 2 min"),
        (timedelta(days=3, hours=5), "3 d 5 h"),
    ],
)
def test_a_time_is_told_in_the_units_that_matter(middle: timedelta | None, told: str) -> None:
    table = drawn([Count(line(OMAR, "approved"), 2, middle)], Layout.TABLE)

    assert table[2] == f"{TEAM}  {OMAR}  issue_refund  approved  2      {told}"


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\uff1d1+1", '"=1', "a\nb,c"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("layout", Layout)
def test_no_cell_is_a_formula_and_no_line_becomes_two(layout: Layout, text: str) -> None:
    lines = drawn([Count(Line(text, text, text, text), 1, None)], layout)

    assert not any("\n" in one or "\t" in one for one in lines)
    if layout is Layout.CSV:
        (cells,) = csv.reader(lines[1:])
        assert len(cells) == len(COLUMNS)
        assert not any(cell.lstrip()[:1] in set("=+-@\uff1d") for cell in cells if cell)
        assert text.strip()[-1] in cells[2]


def test_a_day_without_decisions_is_said_and_its_csv_has_a_head_alone() -> None:
    assert drawn([], Layout.TABLE) == ["Nothing was decided, as far as the record goes."]
    assert drawn([], Layout.CSV) == [",".join(COLUMNS)]
