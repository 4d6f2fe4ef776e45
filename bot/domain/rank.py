"""Who goes first: the bands in which threads wait, and each one's share of the workers.

Why it is so, and where ranks come from: docs/adr/0001 and `store/lua/rank.lua`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from bot.domain.thread import ThreadRef


class Band(IntEnum):
    """What kind of work comes first in a thread; `store/lua/thread.lua` has the same numbers."""

    CONTROL = 0  # a click, an edit, a reset, a stop, a timer
    HOME = 1
    RUN = 2  # agents that go on: behind a decision, a pause or a worker that died
    MESSAGE = 3

    @property
    def overtakes(self) -> bool:
        """Whether it runs no agents, and so is done soon: it has slots of its own."""
        return self <= Band.HOME


#: By how many milliseconds a band goes ahead of the last: for so long at most is anybody overtaken.
HEADSTART: Final[Mapping[Band, int]] = {
    Band.CONTROL: 3_600_000,
    Band.HOME: 1_800_000,
    Band.RUN: 60_000,
    Band.MESSAGE: 0,
}
#: How far ahead a rank may be, in milliseconds; beyond are threads that were answered twice in a row.
FURTHEST: Final = 600_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread that waits; `rank` is the moment it counts from, in milliseconds: the lowest goes first.

    `asker` is who wrote in it last; empty where that is not known. `follows`: its message came before the one
    ahead of it was answered. `was_answered`: that was so twice, and it goes behind all threads
    that have not had theirs, also those of somebody who has their share.
    """

    thread: ThreadRef
    band: Band
    rank: float
    asker: str = ""
    was_answered: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """What the slots of a replica are busy with. Nothing is held in memory but this.

    `slots` counts those that run agents; `people` and `channels` how many of them each holds.
    With `overtaking_only` no such slot is free, but one for what overtakes.
    """

    slots: int
    people: Mapping[str, int] = field(default_factory=dict[str, int])
    channels: Mapping[str, int] = field(default_factory=dict[str, int])
    overtaking_only: bool = False

    def in_order(self, waiting: Iterable[Waiting]) -> list[Waiting]:
        """List those that may be worked on now, the first one first."""
        may = [one for one in waiting if self._may(one)]
        return sorted(may, key=self._order)

    def _order(self, one: Waiting) -> tuple[bool, bool, float]:
        return one.was_answered, self._has_its_share(one), one.rank - HEADSTART[one.band]

    @property
    def holds_back(self) -> bool:
        """Whether somebody may wait until a slot is free."""
        return self.overtaking_only or bool(self.kept_from)

    @property
    def kept_from(self) -> frozenset[str]:
        """The people from whom what is free is kept: who holds a slot gets none of the last quarter."""
        return frozenset(self.people) if self._busy >= self._most else frozenset()

    @property
    def first_words_only(self) -> bool:
        """Whether only the last eighth is free: that is kept from threads whose messages pile up."""
        return self._busy >= self.slots - (self.slots // 8 or int(self.slots > 3))

    @property
    def leaves_out(self) -> tuple[bool, frozenset[str]]:
        """All that whoever looks for it leaves out: what was seen for another one that leaves out the same is as good."""
        return self.first_words_only, self.kept_from

    @property
    def _busy(self) -> int:
        return sum(self.people.values())

    @property
    def _most(self) -> int:
        """How many slots one person can hold: the last ones are kept from who holds all others."""
        return self.slots - (self.slots // 4 or int(self.slots > 1))

    def _may(self, one: Waiting) -> bool:
        """Whether a free slot may take it."""
        if one.band.overtakes:
            return True
        if self.overtaking_only or self._held(one) >= self._most:
            return False
        # A run that goes on was begun: whoever decided, or saw it pause, looks at it now.
        return one.band is Band.RUN or not (
            (one.asker and one.asker in self.kept_from) or (one.follows and self.first_words_only)
        )

    def _has_its_share(self, one: Waiting) -> bool:
        """Whether its person holds half of the slots, or its channel three quarters: others go first."""
        if one.band.overtakes:
            return False
        of_channel = self.channels.get(one.thread.channel, 0)
        return self._held(one) >= max(self.slots // 2, 1) or of_channel >= max(self.slots * 3 // 4, 1)

    def _held(self, one: Waiting) -> int:
        return self.people.get(one.asker, 0) if one.asker else 0


#: Of a replica that works on nothing: no share is held.
IDLE: Final = Holding(slots=1)
