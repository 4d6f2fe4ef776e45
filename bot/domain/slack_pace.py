"""How all replicas together keep within what Slack allows: a turn that is asked for, and what is said to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Rank(IntEnum):
    """Who goes first: what people wait for with a click, then replies, then edits of one that grows."""

    CARD = 0
    REPLY = 1
    LIVE = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """A call that is about to be made.

    `channel` is that of a post, which Slack counts by channel. `per_minute` is 0 where the calls of a method
    are not counted. `message` is what is edited, which may be edited again `interval` seconds later.
    """

    method: str
    channel: str
    rank: Rank
    per_minute: int = 0
    message: str = ""
    interval: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """How many seconds to wait before asking again (0: the turn is granted), and how many of them Slack asked for."""

    wait: float
    pause: float


class SharedPace(Protocol):
    """What all replicas share. Where it does not answer, each replica goes on at its own pace."""

    async def ask(self, turn: Turn, *, take: bool = True) -> Told | None:
        """Ask for a turn, which is taken where it is granted; None where there is no answer."""
        ...

    async def pause(self, method: str, channel: str, seconds: float) -> None:
        """Tell all replicas what Slack asked for with `Retry-After`."""
        ...
