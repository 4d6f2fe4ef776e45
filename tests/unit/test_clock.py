"""The clock that decides, whatever this machine takes for the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.background.timing import Timed, Timing
from bot.domain.clock import Clock, slack_off, too_far_off

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Machine:
    """Ticks and a time of day that can be set at will."""

    def __init__(self, off: timedelta) -> None:
        self.ticks = 1000.0
        self.own = NOON + off
        self.clock = Clock(lambda: self.ticks, lambda: self.own)

    def pass_by(self, count: float) -> None:
        self.ticks += count
        self.own += seconds(count)

    def measure(self, theirs: datetime, *, took: float = 0.0) -> None:
        self.pass_by(took)
        self.clock.measured(self.ticks - took, theirs, self.ticks)


@pytest.mark.parametrize("off", [seconds(30), seconds(-30), timedelta(hours=2), timedelta(hours=-2)])
def test_a_machine_that_is_wrong_tells_redis_time_and_says_how_wrong_it_is(off: timedelta) -> None:
    machine = Machine(off)
    machine.measure(NOON)
    machine.pass_by(90)

    assert machine.clock.now() == NOON + seconds(90)
    assert machine.clock.off() == off


@pytest.mark.parametrize("jump", [seconds(45), seconds(-45), timedelta(days=-400), timedelta(hours=3)])
def test_a_time_of_day_that_jumps_does_no_harm(jump: timedelta) -> None:
    machine = Machine(seconds(0))
    machine.measure(NOON)
    machine.own += jump
    machine.pass_by(5)

    assert machine.clock.now() == NOON + seconds(5)
    assert machine.clock.off() == jump


def test_a_slow_answer_makes_the_estimate_no_worse() -> None:
    machine = Machine(seconds(30))
    machine.measure(NOON)
    machine.measure(NOON, took=4)  # Redis answered at once, and its answer was four seconds on the way
    assert machine.clock.now() == NOON + seconds(4)
    machine.measure(NOON + seconds(8), took=4)  # or it took four seconds to answer
    assert machine.clock.now() == NOON + seconds(8)


def test_the_first_answer_is_taken_to_be_from_the_middle() -> None:
    machine = Machine(seconds(-30))
    machine.measure(NOON, took=2)

    assert machine.clock.now() == NOON + seconds(1)


def test_drift_is_put_right_without_going_back() -> None:
    machine = Machine(seconds(0))
    machine.measure(NOON)
    machine.pass_by(60)
    before = machine.clock.now()
    machine.measure(NOON + seconds(59.5))  # the ticks here are too fast
    assert machine.clock.now() == before
    machine.pass_by(0.25)
    assert machine.clock.now() == before
    machine.pass_by(0.5)
    assert machine.clock.now() == NOON + seconds(60.25)


def test_a_redis_whose_clock_is_set_back_is_followed() -> None:
    machine = Machine(seconds(0))
    machine.measure(NOON)
    machine.measure(NOON - timedelta(hours=2))

    assert machine.clock.now() == NOON - timedelta(hours=2)


@pytest.mark.parametrize(
    ("off", "said"),
    [(0, ""), (60, ""), (-60, ""), (61, "61 seconds ahead of"), (-7200, "7200 seconds behind")],
)
def test_how_far_a_clock_may_be_off(off: float, said: str) -> None:
    told = too_far_off("The clock of this machine", seconds(off), seconds(60))

    assert said in told
    assert (told == "") is (said == "")


@pytest.mark.parametrize(
    ("date", "asked", "answered", "off"),
    [
        (0, 0.2, 0.9, 0),  # one second holds them all
        (1, 0.2, 1.3, 0),
        (0, 1.2, 1.4, -1.4),
        (30, 0.2, 0.4, 29.6),
        (-30, 0.5, 3.0, -33.0),
    ],
)
def test_slacks_clock_is_known_to_a_second(date: float, asked: float, answered: float, off: float) -> None:
    times = (NOON + seconds(date), NOON + seconds(asked), NOON + seconds(answered))

    assert slack_off(*times) == seconds(off)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_slacks_time_stays_what_it_is_when_redis_clock_jumps(jump: timedelta) -> None:
    machine = Machine(seconds(0))
    machine.measure(NOON)
    timing = Timing(machine.clock)
    timing.measured(Timed({"Date": format_datetime(NOON - seconds(40), usegmt=True)}, 1000.0, 1000.0))
    machine.pass_by(5)
    machine.measure(NOON + seconds(5) + jump)

    assert timing.now() == NOON + seconds(5) + jump
    assert timing.slack_now() == NOON - seconds(35)
    assert timing.of_slack == -seconds(40) - jump
