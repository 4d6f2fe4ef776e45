"""How long a worker may believe that it holds its thread."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import lease
from bot.domain.errors import LeaseLost
from bot.domain.lease import PRESENT, Lease


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_counts_from_before_it_was_asked_for() -> None:
    clock = Clock()
    held = Lease(timedelta(seconds=15), clock)
    assert not held.is_held
    asked = held.ask()
    clock.now += 10  # Redis took its time, or the process was paused
    held.granted(asked)
    assert held.is_held
    clock.now += 5
    assert not held.is_held


def test_who_has_no_lease_is_not_asked_and_who_lost_it_is_told() -> None:
    lease.check()
    clock = Clock()
    held = Lease(timedelta(seconds=3), clock)
    held.granted(held.ask())
    token = PRESENT.set(held)
    lease.check()
    clock.now += 4
    with pytest.raises(LeaseLost):
        lease.check()
    PRESENT.reset(token)
