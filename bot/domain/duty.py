"""Whether a replica claims: on duty, unless something keeps it off. The one gate before every claim."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Final


class Why(StrEnum):
    """What keeps a replica off duty."""

    LEAVING = "leaving"
    POLICIES = "policies"
    STARVED = "starved"
    TOKEN = "token"


#: For these another replica can do what is under way. A token that Slack refuses is that of all.
HANDS_OVER: Final = frozenset({Why.LEAVING, Why.POLICIES, Why.STARVED})


class Duty:
    """What keeps one replica off duty now, in words for whoever operates it."""

    def __init__(self) -> None:
        self._off: dict[Why, str] = {}
        self._on = asyncio.Event()
        self._on.set()
        #: Set when what is under way is to be handed over; whoever begins something keeps the one of then.
        self.handing_over = asyncio.Event()

    @property
    def is_off(self) -> bool:
        """Whether nothing may be claimed."""
        return bool(self._off)

    @property
    def reasons(self) -> list[str]:
        """One sentence for each thing that keeps it off."""
        return list(self._off.values())

    def is_off_for(self, why: Why) -> bool:
        """Whether this keeps it off."""
        return why in self._off

    def keep_off(self, why: Why, sentence: str) -> None:
        """Claim nothing from now on; hand over what is under way where another replica can do it."""
        self._off[why] = sentence
        self._on.clear()
        if why in HANDS_OVER:
            self.handing_over.set()

    def let_on(self, why: Why) -> None:
        """This keeps it off no longer; the last one to go lets it claim again."""
        self._off.pop(why, None)
        if self.handing_over.is_set() and not HANDS_OVER.intersection(self._off):
            self.handing_over = asyncio.Event()
        if not self._off:
            self._on.set()

    def switch(self, why: Why, sentence: str) -> Callable[[bool], None]:
        """Make what keeps it off for this with True, and lets it on with False."""

        def turn(off: bool) -> None:
            if off:
                self.keep_off(why, sentence)
            else:
                self.let_on(why)

        return turn

    async def resumed(self) -> None:
        """Wait until it is on duty."""
        await self._on.wait()
