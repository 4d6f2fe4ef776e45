"""Calls that Slack counts together: how many it takes now, and who among those who can wait goes next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

#: Calls that may follow each other at once before the rate sets in.
BURST: Final = 20
#: How many of these are kept for what never waits, such as the card of a click: beyond the last one Slack
#: refuses every call of the kind for up to a minute.
KEPT: Final = 5
#: How many turns a replica takes along with one that it asks for, while there are plenty.
ALONG: Final = 2
#: Seconds not worth waiting for: sums of fractions come out a little short, and waiting for so
#: little might not move the clock at all.
SOON: Final = 1e-3


@dataclass(eq=False, slots=True)
class Place:
    """A place in the line, and for whom it is."""

    person: str


class Rate:
    """One rate. Who was served longest ago goes first, so that nobody waits behind somebody else's flood."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._rate = per_minute / 60
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(BURST)
        self._counted_at = clock()
        self._line: list[Place] = []
        self._served = 0
        self._last: dict[str, int] = {}
        self._moved = asyncio.Event()

    def spend(self) -> None:
        """Count a call, below zero where need be: those that can wait make up for it."""
        self._count()
        self._tokens -= 1

    def short(self) -> float:
        """Seconds until one that can wait leaves enough to those that cannot."""
        self._count()
        return (KEPT + 1 - self._tokens) / self._rate

    @property
    def has_room(self) -> bool:
        """Whether one that can wait need not."""
        return not self._line and self.short() <= SOON

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits, and nothing is to be made up for."""
        self._count()
        return not self._line and self._tokens >= BURST

    async def take(self, person: str, ask: Callable[[], Awaitable[float]]) -> None:
        """Wait until it is a person's call, and count it. `ask` says how long others make it wait, 0 for not at all."""
        place = Place(person)
        self._line.append(place)
        try:
            while not await self._has_turn(place, ask):
                pass
            self._served += 1
            self._last[person] = self._served
            self.spend()
        finally:
            self._line.remove(place)
            if not self._line:
                self._last.clear()
            self._moved.set()
            self._moved = asyncio.Event()

    async def _has_turn(self, place: Place, ask: Callable[[], Awaitable[float]]) -> bool:
        """Wait for what is in the way now; True where nothing was."""
        if (wait := self.short()) > SOON:
            await self._sleep(wait)
        elif self._next() is not place:
            await self._moved.wait()
        elif (wait := await ask()) > 0:
            await self._sleep(wait)
        else:
            return True
        return False

    def _next(self) -> Place:
        return min(self._line, key=lambda place: self._last.get(place.person, 0))

    def _count(self) -> None:
        now = self._clock()
        self._tokens = min(BURST, self._tokens + (now - self._counted_at) * self._rate)
        self._counted_at = now
