"""A replica goes off duty while its machine leaves it too little, and comes back by itself."""

from __future__ import annotations

import errno

import pytest

from bot.background.starvation import FRESH, PAUSE, Starvation
from bot.domain.duty import Duty
from bot.domain.resources import Left

FEW, MANY = Left(files=3, file_limit=64), Left(files=300, file_limit=1024)


class Machine:
    """What it leaves, and what time it is."""

    def __init__(self) -> None:
        self.left = MANY
        self.now = 0.0
        self.looks = 0
        self.duty = Duty()
        self.starvation = Starvation(self.duty, self._look, lambda: self.now)

    def _look(self) -> Left:
        self.looks += 1
        return self.left

    def after(self, seconds: float) -> bool:
        """Look once more later; whether it is on duty then."""
        self.now += seconds
        self.starvation.look()
        return not self.duty.is_off


def test_too_few_files_keep_it_off_until_there_are_enough_and_others_had_their_turn() -> None:
    machine = Machine()
    assert machine.after(1)
    machine.left = FEW
    assert not machine.after(1)
    assert machine.duty.reasons == ["Only 3 more files can be opened (`ulimit -n` is 64)"]
    machine.left = MANY
    assert not machine.after(PAUSE - 1)
    assert machine.after(1)


def test_before_many_claims_in_a_row_it_looks_once() -> None:
    machine = Machine()
    for _ in range(5):
        machine.after(FRESH / 10)
    assert machine.looks == 1


def test_an_error_of_want_keeps_it_off_whatever_a_look_says() -> None:
    machine = Machine()

    assert machine.starvation.met(OSError(errno.ENFILE, "Too many open files in system"))
    assert not machine.after(PAUSE / 2)
    assert machine.after(PAUSE)
    assert not machine.starvation.met(TimeoutError())
    assert not machine.duty.is_off


def test_going_off_and_coming_back_is_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    caplog.set_level("WARNING", "bot")
    machine.left = FEW
    for _ in range(3):
        machine.after(1)
    machine.left = MANY
    for _ in range(9):
        machine.after(1)

    assert [one.getMessage() for one in caplog.records] == [
        "starved: handing over, claiming nothing",
        "no longer starved",
    ]
