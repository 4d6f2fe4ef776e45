"""The HR team: rehearsed on the real runner, with its own database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign import Fact, Preview
from countersign.teams import hr
from countersign.teams.hr.settings import HrSettings
from countersign.teams.hr.time_off import NotBooked, TimeOff, working_days
from countersign.teams.hr.tools import booking_made, told
from countersign.testing import Rehearsal

MONDAY = date(2026, 12, 7)


@pytest.fixture
def settings(tmp_path: Path) -> HrSettings:
    return HrSettings(_env_file=None, time_off_database=tmp_path / "off.sqlite")  # pyright: ignore[reportCallIssue]


async def test_two_days_are_booked_and_nobody_is_asked(settings: HrSettings) -> None:
    async with Rehearsal(hr.team(settings)) as stage:
        call = await stage.calls("book_time_off", first_day="2026-12-07", last_day="2026-12-08", note="")
        shown = await stage.calls("show_time_off", year=2026)

    assert call.waits_for == {}
    assert call.result == "Booked 2 days off, 2026-12-07 to 2026-12-08 (booking 1)."
    assert shown.result == '{"days left": 26, "booked": ["2026-12-07 to 2026-12-08 (2 days)"]}'


@pytest.mark.parametrize(
    ("last", "asked"),
    [("2026-12-09", {"hr": 1}), ("2026-12-25", {"hr": 1}), ("2026-12-28", {"hr": 2})],
)
async def test_longer_ones_wait_for_hr(settings: HrSettings, last: str, asked: dict[str, int]) -> None:
    async with Rehearsal(hr.team(settings)) as stage:
        call = await stage.calls("book_time_off", first_day="2026-12-07", last_day=last, note="")

        assert call.waits_for == asked
        assert (await stage.rejects(call, "All hands that week.")).result == "All hands that week."
        assert '"booked": []' in (await stage.calls("show_time_off", year=2026)).result


@pytest.mark.parametrize("last", ["soon", "2026-12-9", "1798761600"])
async def test_nobody_is_asked_about_a_day_that_is_none(settings: HrSettings, last: str) -> None:
    async with Rehearsal(hr.team(settings)) as stage:
        call = await stage.calls("book_time_off", first_day="2026-12-07", last_day=last, note="")

    assert call.waits_for == {}
    assert call.result.startswith("ERROR: nothing was done. last_day: Write a day of the calendar")


async def test_what_cannot_be_booked_says_why(settings: HrSettings) -> None:
    async with Rehearsal(hr.team(settings)) as stage:
        call = await stage.calls("book_time_off", first_day="2026-12-12", last_day="2026-12-13", note="")
        assert call.result == "ERROR: there is no working day between these dates."
        await stage.calls("book_time_off", first_day="2026-12-07", last_day="2026-12-08", note="")
        call = await stage.calls("book_time_off", first_day="2026-12-08", last_day="2026-12-09", note="")
        assert call.result == "ERROR: 2026-12-07 to 2026-12-08 is booked already."
        call = await stage.calls("book_time_off", first_day="2027-01-01", last_day="2027-12-31", note="")
        assert (call.waits_for, call.result) == ({}, "That is 261 days, and 28 are left in 2027.")


async def test_people_see_how_many_days_are_left_before_they_agree(settings: HrSettings) -> None:
    async with Rehearsal(hr.team(settings)) as stage:
        await stage.calls("book_time_off", first_day="2026-12-21", last_day="2026-12-22", note="")
        call = await stage.calls("book_time_off", first_day="2026-12-07", last_day="2026-12-11", note="")
        facts = (Fact("Working days", "5"), Fact("Left in 2026 before that", "26"))
        assert call.preview == Preview("Book 5 days off, 2026-12-07 to 2026-12-11", facts)
        refused = await stage.calls("book_time_off", first_day="2026-12-16", last_day="2026-12-21", note="")
        assert refused.result == "2026-12-21 to 2026-12-22 is booked already."


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-3, 400))
def test_working_days_are_counted_as_one_counts_them(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    days = [first + timedelta(days=number) for number in range(max(more + 1, 0))]

    assert working_days(first, last) == len([day for day in days if day.strftime("%a") not in {"Sat", "Sun"}])


def test_all_days_that_there_are_take_no_time_to_count() -> None:
    assert working_days(date.min, date.max) == 2_608_615


def test_however_many_ask_at_once_a_day_is_booked_once_and_a_key_once(settings: HrSettings) -> None:
    off = TimeOff(settings.time_off_database, days_a_year=28)

    def book(number: int) -> int:
        try:
            return off.book("U1", MONDAY, MONDAY, key=f"key{number % 4}").number
        except NotBooked:
            return 0

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(book, range(32)))

    assert set(numbers) <= {0, 1}
    assert len(off.of("U1")) == 1
    assert off.left("U1", 2026) == 27


async def test_a_booking_is_found_by_its_key_and_told_as_it_was(settings: HrSettings) -> None:
    off = TimeOff(settings.time_off_database, days_a_year=28)
    made = off.book("U1", MONDAY, MONDAY, key="k1")

    assert await booking_made(off, "k1") == told(made)
    assert await booking_made(off, "k2") == ""
    settings.time_off_database.write_bytes(b"no database" * 100)
    assert await booking_made(off, "k1") is None
