"""Everything that happens to a thread without words: clicks, timers, resets, Home."""

from __future__ import annotations

from bot.conversation.altered_messages import AlteredMessages
from bot.conversation.approval_timers import ApprovalTimers
from bot.conversation.decisions import Decisions
from bot.conversation.deleted_words import DeletedWords
from bot.conversation.handling import Handling
from bot.conversation.homes import Homes
from bot.conversation.resets import Resets
from bot.conversation.staffing import Staffing
from bot.conversation.stranded import Stranded
from bot.conversation.strangers import Strangers
from bot.conversation.unseen_stops import Stops
from bot.conversation.votes import Votes
from bot.conversation.withdrawals import Withdrawals
from bot.domain import sentences
from bot.domain.events import (
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
    StaffingDue,
    StopRequested,
    StrandedFound,
)
from bot.domain.feedback import VoteCast
from bot.domain.requester_events import MessageAltered, ReminderAsked, RequesterClick, WithdrawalAsked
from bot.domain.run import Notice
from bot.domain.stranger import StrangerSpoke


class Dispatch:
    """Hands each event to whoever answers it."""

    def __init__(  # noqa: PLR0913 - one for each kind of event
        self,
        decisions: Decisions,
        approval_timers: ApprovalTimers,
        resets: Resets,
        homes: Homes,
        stranded: Stranded,
        stops: Stops,
        staffing: Staffing,
        withdrawals: Withdrawals,
        altered_messages: AlteredMessages,
        deleted_words: DeletedWords,
        strangers: Strangers,
        votes: Votes,
    ) -> None:
        self._decisions = decisions
        self._approval_timers = approval_timers
        self._resets = resets
        self._homes = homes
        self._stranded = stranded
        self._stops = stops
        self._staffing = staffing
        self._withdrawals = withdrawals
        self._altered_messages = altered_messages
        self._deleted_words = deleted_words
        self._strangers = strangers
        self._votes = votes

    async def answer(self, h: Handling, event: Event | None) -> bool:
        """Answer an event; True when it changed an approval, so that a run may go on now.

        A stop has mostly done its work by being there: the run before it saw it waiting. Of an
        unreadable event (None) nothing is known but its id.
        """
        match event:
            case None:
                return await self._unreadable(h)
            case DecisionMade() | EditMade():
                return await self._decisions.clicked(h, event)
            case WithdrawalAsked() | ReminderAsked() | MessageAltered():
                return await self._of_requester(h, event)
            case ClickTurnedAway():
                await self._decisions.turned_away(h, event)
            case ExpiryDue() | ReminderDue() | EscalationDue() | RepairDue():
                return await self._approval_timers.rang(h, event)
            case StaffingDue():
                await self._staffing.look(h, event)
            case HomeOpened() | DelegationSet() | StrangerSpoke() | VoteCast():
                await self._aside(h, event)
            case _:
                await self._end(h, event)
        return False

    async def _aside(self, h: Handling, event: HomeOpened | DelegationSet | StrangerSpoke | VoteCast) -> None:
        """Do what concerns no run: what is kept with a person's Home, and votes."""
        match event:
            case StrangerSpoke():
                await self._strangers.tell(h, event)
            case VoteCast():
                await self._votes.keep(h, event)
            case _:
                await self._homes.answer(h, event)

    async def _of_requester(self, h: Handling, event: RequesterClick | MessageAltered) -> bool:
        """Do what who asked does about it."""
        match event:
            case WithdrawalAsked():
                return await self._withdrawals.clicked(h, event)
            case ReminderAsked():
                await self._approval_timers.reminders.nudged(h, event)
                return False
            case MessageAltered():
                if event.deleted:
                    await self._deleted_words.take_out(h, event.ts)
                return await self._altered_messages.look(h, event)

    async def _end(self, h: Handling, event: Event) -> None:
        """End what a person wants ended, or what is found to have no run any more."""
        match event:
            case StrandedFound():
                await self._stranded.look(h, event.approval_id)
            case ResetRequested():
                await self._resets.reset(h, event)
            case StopRequested():
                await self._stops.stop(h)
            case _:
                pass

    async def _unreadable(self, h: Handling) -> bool:
        """Let a deadline count all the same, and tell people whose words or clicks are lost."""
        kind, _, rest = h.claim.event_id.partition(":")
        if kind == "expiry":
            return await self._approval_timers.rang(h, ExpiryDue(rest))
        if kind in {"msg", "click", "continue"}:
            await h.settle(Notice(sentences.UNREADABLE))
        return False
