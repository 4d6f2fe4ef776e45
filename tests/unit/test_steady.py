"""The pace of reconnections, with a clock that stands still until it is moved."""

from __future__ import annotations

from bot.slack.steady import CALM, LONGEST_PAUSE, Pace


class Clock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pauses(pace: Pace, clock: Clock, times: int) -> list[float]:
    """Try so many times, each as soon as the pace allows."""
    taken: list[float] = []
    for _ in range(times):
        taken.append(pace.pause())
        clock.now += taken[-1]
    return taken


def test_the_first_attempt_is_made_at_once_and_the_next_ones_ever_later() -> None:
    clock = Clock()

    assert pauses(Pace(clock, lambda: 1.0), clock, 8) == [0, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]


def test_half_of_each_pause_is_left_to_chance() -> None:
    clock = Clock()

    assert pauses(Pace(clock, lambda: 0.0), clock, 4) == [0, 0.5, 1, 2]


def test_a_socket_that_lasted_is_replaced_at_once() -> None:
    clock = Clock()
    pace = Pace(clock, lambda: 1.0)
    pauses(pace, clock, 5)
    clock.now += CALM + 1

    assert pace.pause() == 0


def test_the_latest_attempt_is_the_one_that_is_still_to_come() -> None:
    clock = Clock()
    pace = Pace(clock, lambda: 1.0)
    pace.pause()
    pace.pause()

    assert pace.latest == clock.now + 1
