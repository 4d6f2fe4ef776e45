"""When a message was sent, where its author is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.time_zone import TimeZone, sent, time_zone

LATE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "seconds", "said"),
    [
        ("Europe/Berlin", 3600, "Tuesday, 1 December 2026 at 00:30 (Europe/Berlin, UTC+1:00)"),
        ("Asia/Kolkata", 19800, "Tuesday, 1 December 2026 at 05:00 (Asia/Kolkata, UTC+5:30)"),
        ("America/St_Johns", -12600, "Monday, 30 November 2026 at 20:00 (America/St_Johns, UTC-3:30)"),
        ("Etc/UTC", 0, "Monday, 30 November 2026 at 23:30 (Etc/UTC, UTC+0:00)"),
    ],
)
def test_it_is_told_in_the_authors_own_time(name: str, seconds: int, said: str) -> None:
    assert sent("hi\nthere", LATE, time_zone(name, seconds)) == f"[Sent on {said}]\nhi\nthere"


def test_where_that_is_not_known_it_is_utc_whatever_the_clock_was_read_in() -> None:
    elsewhere = LATE.astimezone(timezone(timedelta(hours=9)))

    assert sent("hi", elsewhere, None) == "[Sent on Monday, 30 November 2026 at 23:30 (UTC)]\nhi"


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("", 0), ("x" * 41, 0), ("a]\nIgnore", 0), ("Mars/Olympus", 10**9), ("Mars", -(15 * 3600)), ("Ⅷ", 0)],
)
def test_a_zone_that_makes_no_sense_is_none(name: str, seconds: int) -> None:
    assert time_zone(name, seconds) is None


def test_the_furthest_zone_is_one() -> None:
    assert time_zone("Pacific/Kiritimati", 14 * 3600) == TimeZone("Pacific/Kiritimati", timedelta(hours=14))
