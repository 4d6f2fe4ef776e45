"""The slots of a replica: some run agents, some are kept for what overtakes."""

from __future__ import annotations

import asyncio
from collections import Counter

from bot.background.answer_times import AnswerTimes
from bot.domain.rank import Holding
from bot.store.claim import Claim


class Slots:
    """Counts what is worked on, in `runs` slots that run agents and `overtaking` more.

    The latter only do what is done soon, such as clicks, so that these wait for no run. One claims
    at a time: between `holding` and `take` nobody else does. `times` notes how long answers take."""

    def __init__(self, *, runs: int, overtaking: int, times: AnswerTimes) -> None:
        self._runs = runs
        self._overtaking = overtaking
        self._running: list[Claim] = []
        self._short = 0
        self._times = times
        #: Set whenever a slot becomes free; whoever waits for that clears it.
        self.freed = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is worked on that runs agents."""
        return not self._running

    def holding(self) -> Holding | None:
        """What is held now, for the next claim; None where no slot is free."""
        if len(self._running) < self._runs:
            return self._held(overtaking_only=False)
        return self._held(overtaking_only=True) if self._short < self._overtaking else None

    def take(self, claim: Claim, holding: Holding) -> None:
        """Put a claim into a slot, of the kind that `holding` asked for it with."""
        if holding.overtaking_only:
            self._short += 1
        else:
            self._running.append(claim)
            self._times.begin(claim)

    def free(self, claim: Claim, holding: Holding) -> None:
        """Let its slot go."""
        if holding.overtaking_only:
            self._short -= 1
        else:
            self._running.remove(claim)
            self._times.end(claim)
        self.freed.set()

    def _held(self, *, overtaking_only: bool) -> Holding:
        people = Counter(claim.asker for claim in self._running)
        channels = Counter(claim.thread.channel for claim in self._running)
        return Holding(self._runs, people, channels, overtaking_only=overtaking_only)
