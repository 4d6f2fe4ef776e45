"""What people think of an answer: a thumb up or down. One person has one vote on an answer, which they may change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

#: How long a vote is kept, from the day of the answer on (of Unix time, UTC).
KEPT: Final = timedelta(days=90)
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class VoteCast:
    """A person pressed a thumb below an answer: the last message of the reply to `answer`, which `agent` gave.

    `channel` and `thread_ts` are where, for a private answer there.
    """

    user: str
    answer: str
    agent: str
    is_up: bool
    at: datetime
    message_ts: str
    channel: str
    thread_ts: str | None = None
    kind: Literal["vote"] = "vote"


@dataclass(frozen=True, slots=True)
class Vote:
    """What is kept of that."""

    team: str
    user: str
    thread: str
    answer: str
    agent: str
    is_up: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Opinion:
    """What people thought of the answers of an agent."""

    team: str
    agent: str
    up: int
    down: int

    @property
    def share(self) -> float:
        """Which part of the votes was up."""
        return self.up / (self.up + self.down)


def day_of(message_ts: str) -> int:
    """The day of an answer; raises `ValueError` for what is no Slack time."""
    return int(float(message_ts)) // _DAY


def ends_ms(day: int) -> int:
    """The millisecond at which the votes on answers of a day are dropped."""
    return ((day + 1) * _DAY + int(KEPT.total_seconds())) * 1000


def opinions(votes: Iterable[Vote], since: datetime | None = None) -> list[Opinion]:
    """Count votes by workspace and agent, the most voted on first."""
    counted = Counter(
        (vote.team, vote.agent, vote.is_up) for vote in votes if since is None or vote.at >= since
    )
    agents = {(team, agent) for team, agent, _ in counted}
    found = [Opinion(*one, counted[*one, True], counted[*one, False]) for one in agents]
    return sorted(found, key=lambda one: (one.team, -(one.up + one.down), one.agent))
