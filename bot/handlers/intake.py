"""The receiver's side of the bot: what a handler calls, one durable append each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.domain.approvals.approval import Approval, Verdict
from bot.domain.approvals.delegation import delegated
from bot.domain.approvals.tool_form import ToolForm
from bot.domain.around import UNKNOWN, Around
from bot.domain.errors import DelegationRefused, KeyMissing, UnknownSchema
from bot.domain.events import (
    ClickTurnedAway,
    DecisionMade,
    DelegationSet,
    EditMade,
    HomeOpened,
    RetryRequested,
    StopRequested,
    message_id,
    retry_id,
)
from bot.domain.thread import ThreadRef
from bot.handlers.continuing import ContinueIntake
from bot.handlers.opened_forms import OpenedForms
from bot.handlers.places import Places
from bot.handlers.requester_intake import RequesterIntake
from bot.handlers.reset_intake import ResetIntake
from bot.handlers.stranger_intake import StrangerIntake
from bot.handlers.vote_intake import VoteIntake
from bot.slack import forms, incoming
from bot.slack.click import Click
from bot.slack.me import Me
from bot.slack.origin import another_workspace
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Appended, Inbox
from bot.store.threads import ThreadStore
from bot.telemetry import tracing

#: How many messages are stored at a time: fewer than there are connections (`store/client.py`), so that in a
#: flood clicks find some free. A message that misses its ack for that comes again; a click never does.
MESSAGES_AT_ONCE: Final = 16
GONE = "This can no longer be changed. Close the form and look at the card."


class Intake:
    """Turns what Slack delivers into events of a thread's inbox.

    Every method that stores something returns only after Redis has confirmed it, so the ack
    that follows never promises more than is kept. Errors of Redis propagate: no ack.
    """

    def __init__(  # noqa: PLR0913 - what it stores with, and what it asks
        self,
        inbox: Inbox,
        threads: ThreadStore,
        me: Me,
        tool_forms: Mapping[str, ToolForm],
        now: Callable[[], datetime],
        follow_ups: FollowUps,
        hindrance: Callable[[Approval], Awaitable[str]] | None = None,
        places: Places | None = None,
    ) -> None:
        self._follow_ups, self._inbox = follow_ups, inbox
        self._threads, self._me, self._us = threads, me, me.installation
        self._tool_forms, self._hindrance = tool_forms, hindrance
        self._now = now
        #: Which conversation a message or a click belongs to.
        self.places = places or Places(me.team, inbox)
        self._room = asyncio.Semaphore(MESSAGES_AT_ONCE)
        #: What who asked for a call does about it.
        self.requester = RequesterIntake(inbox, me, self.places, self.find_approval)
        #: Who wants a thread forgotten, and says so in no message.
        self.resets = ResetIntake(inbox, threads, me, self.now_ts)
        #: What opens behind buttons.
        self.forms = OpenedForms()
        #: Who may ask for nothing, and is told so.
        self.strangers = StrangerIntake(inbox, me)
        #: Whose answer was cut, and is to go on.
        self.continuing = ContinueIntake(inbox, self.places)
        #: What people think of an answer.
        self.votes = VoteIntake(inbox, self.places)

    def is_asked(self, event: Mapping[str, Any]) -> bool:
        """Tell whether a message is a person's, and for the bot whatever its thread is about."""
        return (message := self._read(event)) is not None and message.addressed

    def is_reset(self, event: Mapping[str, Any]) -> bool:
        """Tell whether a message asks the bot to forget its thread."""
        return (
            (message := self._read(event)) is not None
            and message.addressed
            and incoming.is_reset(message.text)
        )

    def _read(self, event: Mapping[str, Any]) -> incoming.IncomingMessage | None:
        return incoming.message(event, us=self._us, bot_user=self._me.user)

    def _called_by_edit(self, event: Mapping[str, Any]) -> incoming.IncomingMessage | None:
        return incoming.called_by_edit(event, us=self._us, bot_user=self._me.user)

    def now_ts(self) -> str:
        """The present moment in Slack's form, for what Slack delivers without a time."""
        return f"{self._now().timestamp():.6f}"

    def foreign(self, body: Mapping[str, Any]) -> str | None:
        """Name the workspace that a payload comes from, if it is not the bot's own; None if it is."""
        return another_workspace(body, self._us)

    async def message(
        self, event: Mapping[str, Any], *, delivery_id: str, history: Around | None = None
    ) -> Appended | None:
        """Store a message that is for the bot, or what became of one; None for one that is not.

        The mention and the message event of one post share their identity (channel and `ts`),
        so only the first of them is stored. One in a thread that is not known is kept until Slack's
        history tells whose the thread is (one to somebody else is not); with `history` it has told that it is the bot's.
        """
        message = self._read(event) or self._called_by_edit(event)
        if message is None:
            return await self.requester.altered(event, delivery_id=delivery_id)
        async with self._room:
            thread = await self.places.of_message(message.thread, message.ts)
            answer = await self._inbox.append(
                thread,
                incoming.happened(message, history or UNKNOWN),
                event_ids=(message_id(thread.channel, message.ts), f"evt:{delivery_id}"),
                order=message.ts,
                participant=message.user,
                only_if_known=not (message.addressed or history is not None),
                attempted=history is not None,
            )
            if answer is Appended.UNKNOWN_THREAD and not message.to_others:
                await self._follow_ups.keep(thread, message.ts)
        if answer is Appended.DUPLICATE and event.get("subtype") is not None:
            # A change of what is known already; its delivery has been noted as that of the message.
            await self.requester.altered(event, delivery_id=f"{delivery_id}:altered")
            if self._called_by_edit(event) is not None:
                await self._calls_after_all(thread, message, edited=str(event["ts"]))
        return answer

    async def _calls_after_all(
        self, thread: ThreadRef, message: incoming.IncomingMessage, *, edited: str
    ) -> None:
        """Store that a known message mentions the bot now: where it had kept silent about it, it is answered after all."""
        again, words = (
            retry_id(message_id(thread.channel, message.ts), edited),
            incoming.happened(message),
        )
        await self._inbox.append(thread, words, event_ids=(again,), order=edited, only_if_known=True)

    async def has_lost(self, approval_id: str) -> bool:
        """Whether there is no approval of this id any more; one that cannot be read here is there."""
        return not await self._threads.knows(approval_id)

    async def find_approval(self, approval_id: str) -> Approval | None:
        """Look up what a card's opaque id stands for; None for one that is not ours or not readable.

        Raises `KeyMissing`: then Slack tells who clicked that it did not work.
        """
        try:
            approval = await self._threads.approval(approval_id)
        except KeyMissing:
            raise
        except UnknownSchema:
            return None
        tracing.is_about(approval.trace if approval else "")
        return approval

    async def decide(
        self, approval_id: str, click: Click, verdict: Verdict, *, digest: str = "", reason: str = ""
    ) -> bool:
        """Store a click on a card; False if the card is not one of ours."""
        approval = await self.find_approval(approval_id)
        if approval is None:
            return False
        decision = DecisionMade(
            approval_id=approval_id,
            user=click.user,
            verdict=verdict,
            at=click.at,
            channel=click.channel,
            thread_ts=click.answer_in,
            reason=reason,
            digest=digest,
            card_ts=click.message_ts,
        )
        await self._click(approval, decision, click)
        return True

    async def turn_away(self, approval_id: str, click: Click, verdict: str, *, workspace: str) -> bool:
        """Store a click from another workspace, for the record; False if the card is not one of ours."""
        approval = await self.find_approval(approval_id)
        if approval is None:
            return False
        place = (click.at, click.channel, click.answer_in)
        await self._inbox.append(
            approval.thread,
            ClickTurnedAway(approval_id, click.user, workspace, verdict, *place),
            event_ids=(f"away:{approval.id}:{workspace}:{click.user}:{click.form or click.action_ts}",),
            order=click.action_ts,
        )
        return True

    async def edit(self, approval: Approval, click: Click, arguments: str, *, digest: str) -> None:
        """Store a change of an approval's arguments (canonical JSON)."""
        edit = EditMade(
            approval_id=approval.id,
            user=click.user,
            arguments=arguments,
            at=click.at,
            channel=click.channel,
            thread_ts=click.answer_in,
            digest=digest,
            card_ts=click.message_ts,
        )
        await self._click(approval, edit, click)

    async def edited(self, view: Mapping[str, Any], about: forms.Submission, click: Click) -> dict[str, str]:
        """Store what came back from the form behind Edit; returns what is wrong with it, by block."""
        approval = await self.find_approval(about.approval_id)
        form = self.form(approval)
        if approval is None or form is None:
            return forms.everywhere(view, GONE)
        arguments, problems = forms.read_edit(view, form, approval)
        if not problems and self._hindrance:
            why = await self._hindrance(replace(approval, arguments=arguments))
            problems = forms.everywhere(view, why) if why else {}
        if not problems:
            await self.edit(approval, click, arguments, digest=about.fingerprint)
        return problems

    def form(self, approval: Approval | None) -> ToolForm | None:
        """How a call may be changed; None for one that is not known or allows no change."""
        return self._tool_forms.get(approval.tool) if approval and approval.offers.editable else None

    async def waiting(self) -> set[ThreadRef]:
        """List the threads in which an approval waits, however old they are."""
        return {approval.thread for approval in await self._threads.pending(self._me.team)}

    async def home(self, user: str, *, delivery_id: str) -> None:
        """Store that a person opened their Home tab."""
        home = ThreadRef.home(self._me.team, user)
        await self._inbox.append(home, HomeOpened(user), event_ids=(f"evt:{delivery_id}",))

    async def stand_in(self, click: Click, to: str, until: datetime | None) -> str:
        """Store who stands in for the person who clicked; nobody for an empty `to`.

        Returns what is wrong with that, if anything.
        """
        try:
            if to and until is not None:
                delegated(click.user, to, until, at=click.at)
        except DelegationRefused as refusal:
            return refusal.user_message
        home = ThreadRef.home(self._me.team, click.user)
        event = DelegationSet(click.user, to, until, at=click.at)
        event_ids = (f"stand_in:{click.user}:{click.form or click.action_ts}",)
        await self._inbox.append(home, event, event_ids=event_ids)
        return ""

    async def _click(self, approval: Approval, event: DecisionMade | EditMade, click: Click) -> None:
        await self._inbox.append(
            approval.thread,
            event,
            event_ids=(f"click:{approval.id}:{click.user}:{click.form or click.action_ts}",),
            order=click.action_ts,
        )

    async def stop(self, click: Click) -> None:
        """Store the wish to end the run that is under way in the clicked thread."""
        await self._inbox.append(
            self.places.of_click(click),
            StopRequested(user=click.user),
            event_ids=(f"stop:{click.action_ts}:{click.user}",),
            order=click.action_ts,
        )

    async def retry(self, click: Click, *, event_id: str) -> None:
        """Store the wish to try a failed reply again; two clicks on one failure are one wish."""
        await self._inbox.append(
            self.places.of_click(click),
            RetryRequested(user=click.user, event_id=event_id),
            event_ids=(retry_id(event_id, click.action_ts),),
            order=click.action_ts,
        )

    def thread(self, channel: str, thread_ts: str) -> ThreadRef:
        """Name a thread of the bot's own workspace."""
        return ThreadRef(self._me.team, channel, thread_ts)
