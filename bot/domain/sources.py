"""Where time and random ids come from: passed in, so that tests can hold them still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sources:
    """Time and random ids. `ticks` are seconds that only ever go forward, from whenever."""

    now: Callable[[], datetime]
    token: Callable[[], str]
    ticks: Callable[[], float]
