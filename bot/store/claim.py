"""The right to handle one event of a thread, and whether it still holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.errors import LeaseLost, MessageBehind
from bot.domain.events import Event
from bot.domain.thread import ThreadRef

#: Of a claim: it may have been said that its message waits, and nobody noted where.
SOMEWHERE: Final = "?"


class Renewal(StrEnum):
    """Whether a lease still holds, and whether a stop or reset waits behind it; `RESET_SAID`: a reset that was said, once."""

    HELD = "held"
    INTERRUPTED = "interrupted"
    RESET_SAID = "reset_said"
    LOST = "lost"


@dataclass(slots=True)
class Commits:
    """How many commits of a claim Redis has answered: where it counts fewer, it went back in time."""

    known: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to handle one event. `event` is None where the stored one cannot be read.

    `tries` counts the claims of this event, this one included; it survives crashes. `asker` is
    who wrote in the thread last, while that is known. `is_doubted`: Redis was restarted or restored
    since the event, and may have forgotten what became of it; `is_recovering`: what it forgot has not been
    looked for yet. `lacks_key`: another replica can read it. `commits` are those made under it. `told` is the message
    that says in the thread that this one waits: `SOMEWHERE` where it may be there, empty where none is. `restored` is the
    second of the latest restore from a backup, 0 for none: what was done between the two is nowhere in Redis.
    `row` is the thread's row, sealed, as it was read with the claim. `nothing_else_for`: for so many seconds nothing else is
    due, as it looked right before; None where others are in line.
    """

    thread: ThreadRef
    fence: str
    owner: str
    event_id: str
    event: Event | None
    tries: int
    asker: str = ""
    is_doubted: bool = False
    lacks_key: bool = False
    is_recovering: bool = False
    commits: Commits = field(default_factory=Commits, compare=False)
    told: str = ""
    restored: float = 0.0
    row: bytes | None = field(default=None, compare=False, repr=False)
    nothing_else_for: float | None = field(default=None, compare=False)

    @property
    def may_repeat(self) -> bool:
        """Whether what is done for the event may have been done before."""
        return self.is_doubted or self.is_recovering

    def may_have_run(self, asked_at: datetime | None) -> bool:
        """Whether a call that was asked for then (None: nobody knows when) may have run since the backup that Redis is of."""
        if not self.restored:
            return False
        return asked_at is None or asked_at.timestamp() < self.restored

    def counted(self, answer: str) -> None:
        """Remember how many commits of it Redis knows; raises `LeaseLost` where it does not hold any more, or `MessageBehind`."""
        if answer == "lost":
            raise LeaseLost
        if answer == "behind":
            raise MessageBehind
        self.commits.known = max(self.commits.known, int(answer))
