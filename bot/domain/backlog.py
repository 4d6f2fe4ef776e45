"""How much waits in all threads together, and since when: what an operator watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.rank import Band

#: The ages by which approvals are told apart: up to so many seconds, the youngest first; and all beyond.
AGES: Final[Mapping[str, int]] = {"under_10m": 600, "under_1h": 3_600, "under_8h": 28_800}
OLDER: Final = "over_8h"


@dataclass(frozen=True, slots=True)
class InLine:
    """Threads that wait for a worker with one kind of work; `oldest` is in seconds, by the moment it counts from."""

    threads: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Undone:
    """Approvals that wait, for people or to be carried out, by age; `oldest` is in seconds."""

    count: Mapping[str, int]
    oldest: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits now. `questions` are calls of which nobody knows yet whether they happened."""

    lines: Mapping[Band, InLine]
    pending: Undone
    approved: Undone
    questions: int
