"""Keeps a replica off duty while its machine leaves it too little."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bot.domain.duty import Duty, Why
from bot.domain.resources import Left, is_shortage, starved
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks while nothing is claimed, and for which one look holds before a claim.
BEAT, FRESH = 1.0, 0.2
#: For how many seconds a replica stays off duty at least: what it hands over is to go to another.
PAUSE: Final = 5.0

MET: Final = "The system gave this process no more files, memory or threads"


class Starvation:
    """Looks what is left, before each claim and between; `clock` counts seconds."""

    def __init__(self, duty: Duty, left: Callable[[], Left], clock: Callable[[], float]) -> None:
        self._duty = duty
        self._left = left
        self._clock = clock
        self._holds_until = float("-inf")
        self._off_until = float("-inf")

    def look(self) -> None:
        """Go off duty where too little is left, and on again where enough is."""
        now = self._clock()
        if now < self._holds_until:
            return
        self._holds_until = now + FRESH
        if found := [*starved(self._left())]:
            self._keep_off("; ".join(found), now)
        elif now >= self._off_until and self._duty.is_off_for(Why.STARVED):
            log.warning("no longer starved")
            self._duty.let_on(Why.STARVED)

    def met(self, error: BaseException) -> bool:
        """Whether an error is one of want. Then the replica goes off duty, whatever a look says."""
        if is_shortage(error):
            self._keep_off(MET, self._clock())
            return True
        return False

    async def watch(self, metrics: Metrics) -> None:
        """Look again and again, until cancelled."""
        while True:
            with outliving(Loop.STARVATION, metrics):
                self.look()
            await asyncio.sleep(BEAT)

    def _keep_off(self, sentence: str, now: float) -> None:
        if not self._duty.is_off_for(Why.STARVED):
            log.error("starved: handing over, claiming nothing", extra={"why": sentence})
        self._off_until = now + PAUSE
        self._duty.keep_off(Why.STARVED, sentence)
