"""Time off, in a file of SQLite: each booking once per idempotency key, whatever process asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

#: Seconds that one process waits for another that writes.
PATIENCE: Final = 5.0

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS bookings (
    key TEXT PRIMARY KEY, person TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, days INTEGER NOT NULL
)
"""


class NotBooked(Exception):
    """It was not booked; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Time off from one day to another, both included; `days` are those from Monday to Friday."""

    number: int
    person: str
    first: date
    last: date
    days: int


def working_days(first: date, last: date) -> int:
    """Count the days from Monday to Friday, both ends included; none where the last is before the first."""
    weeks, more = divmod(
        max((last - first).days + 1, 0), 7
    )  # counted by weeks: a model may name the year 9999
    return weeks * 5 + sum((first.weekday() + number) % 7 < 5 for number in range(more))


class TimeOff:
    """Reads and writes bookings. Its methods block for some milliseconds: call them in a thread."""

    def __init__(self, file: Path, *, days_a_year: int) -> None:
        self._file = file
        self._days_a_year = days_a_year
        with self._open() as database:
            database.execute(_TABLE)

    def left(self, person: str, year: int) -> int:
        """How many days a person has left in a year: what begins in it counts there."""
        with self._open() as database:
            return self._days_a_year - _taken(database, person, year)

    def of(self, person: str) -> list[Booking]:
        """A person's bookings, the earliest first."""
        with self._open() as database:
            rows = database.execute(
                "SELECT rowid, person, first, last, days FROM bookings WHERE person = ? ORDER BY first",
                (person,),
            ).fetchall()
        return [_booking(row) for row in rows]

    def made(self, key: str) -> Booking | None:
        """What was booked under a key; None where the key was never used."""
        with self._open() as database:
            return _by_key(database, key)

    def book(self, person: str, first: date, last: date, *, key: str) -> Booking:
        """Book time off; under a key that was seen before, what was booked then. Raises `NotBooked`."""
        with self._open() as database:
            if known := _by_key(database, key):
                return known
            self._check(database, person, first, last)
            database.execute(
                "INSERT INTO bookings VALUES (?, ?, ?, ?, ?)",
                (key, person, first.isoformat(), last.isoformat(), working_days(first, last)),
            )
            made = _by_key(database, key)
        if made is None:
            raise RuntimeError("what was just written is not there")
        return made

    def hindrance(self, person: str, first: date, last: date) -> str:
        """Say why this time off could not be booked right now, for people; empty where it could."""
        try:
            with self._open() as database:
                self._check(database, person, first, last)
        except NotBooked as refusal:
            return str(refusal)
        return ""

    def _check(self, database: sqlite3.Connection, person: str, first: date, last: date) -> None:
        days = working_days(first, last)
        if not days:
            raise NotBooked("there is no working day between these dates")
        left = self._days_a_year - _taken(database, person, first.year)
        if days > left:
            raise NotBooked(f"that is {days} days, and {left} are left in {first.year}")
        overlaps = "SELECT first, last FROM bookings WHERE person = ? AND first <= ? AND last >= ?"
        if other := database.execute(overlaps, (person, last.isoformat(), first.isoformat())).fetchone():
            raise NotBooked(f"{other[0]} to {other[1]} is booked already")

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """One transaction that holds off all others that write, so that two cannot book the same days."""
        with closing(sqlite3.connect(self._file, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _taken(database: sqlite3.Connection, person: str, year: int) -> int:
    query = "SELECT COALESCE(SUM(days), 0) FROM bookings WHERE person = ? AND substr(first, 1, 4) = ?"
    return int(database.execute(query, (person, f"{year:04d}")).fetchone()[0])


def _by_key(database: sqlite3.Connection, key: str) -> Booking | None:
    query = "SELECT rowid, person, first, last, days FROM bookings WHERE key = ?"
    row = database.execute(query, (key,)).fetchone()
    return _booking(row) if row else None


def _booking(row: tuple[int, str, str, str, int]) -> Booking:
    number, person, first, last, days = row
    return Booking(number, person, date.fromisoformat(first), date.fromisoformat(last), days)
