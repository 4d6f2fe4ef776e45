"""Everything that happens to a thread without words: clicks, timers, resets, Home."""

from __future__ import annotations

from bot import words
from bot.decisions import Decisions
from bot.events import (
    ClickTurnedAway,
    DecisionMade,
    DelegationSet,
    EditMade,
    EscalationDue,
    Event,
    ExpiryDue,
    HomeOpened,
    ReminderDue,
    RepairDue,
    ResetRequested,
    StrandedFound,
)
from bot.handling import Handling
from bot.homes import Homes
from bot.resets import Resets
from bot.run import Notice
from bot.stranded import Stranded
from bot.timekeeper import Timekeeper


class Controls:
    """Hands each event to whoever answers it."""

    def __init__(
        self,
        decisions: Decisions,
        timekeeper: Timekeeper,
        resets: Resets,
        homes: Homes,
        stranded: Stranded,
    ) -> None:
        self._decisions = decisions
        self._timekeeper = timekeeper
        self._resets = resets
        self._homes = homes
        self._stranded = stranded

    async def answer(self, h: Handling, event: Event | None) -> bool:
        """Answer an event; True when it changed an approval, so that a run may go on now.

        A stop has done its work by being there: the run before it saw it waiting. Of an unreadable
        event (None) nothing is known but its id.
        """
        match event:
            case None:
                return await self._unreadable(h)
            case DecisionMade() | EditMade():
                return await self._decisions.clicked(h, event)
            case ClickTurnedAway():
                await self._decisions.turned_away(h, event)
            case ExpiryDue() | ReminderDue() | EscalationDue() | RepairDue():
                return await self._timekeeper.rang(h, event)
            case StrandedFound():
                await self._stranded.look(h, event.approval_id)
            case ResetRequested():
                await self._resets.reset(h, event)
            case HomeOpened() | DelegationSet():
                await self._homes.answer(h, event)
            case _:
                pass
        return False

    async def _unreadable(self, h: Handling) -> bool:
        """Let a deadline count all the same, and tell people whose words or clicks are lost."""
        kind, _, rest = h.claim.event_id.partition(":")
        if kind == "expiry":
            return await self._timekeeper.rang(h, ExpiryDue(rest))
        if kind in {"msg", "click"}:
            await h.settle(Notice(words.UNREADABLE))
        return False
