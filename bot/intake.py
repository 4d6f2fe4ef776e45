"""The receiver's side of the bot: what a handler calls, one durable append each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.approval import Approval, Verdict
from bot.delegation import delegated
from bot.errors import DelegationRefused, KeyMissing, UnknownSchema
from bot.events import (
    ClickTurnedAway,
    DecisionMade,
    DelegationSet,
    EditMade,
    HomeOpened,
    MessageReceived,
    ResetRequested,
    ResetVia,
    RetryRequested,
    StopRequested,
)
from bot.slack import forms, incoming
from bot.slack.origin import Installation, Standing, of_delivery
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Appended, Inbox
from bot.store.threads import ThreadStore
from bot.thread import ThreadRef
from bot.tool_form import ToolForm

#: How many messages are stored at a time: fewer than there are connections (`store/client.py`), so that in a
#: flood clicks find some free. A message that misses its ack for that comes again; a click never does.
MESSAGES_AT_ONCE: Final = 16
#: How many threads the /reset picker offers, and how far back a link may reach.
PICKER_THREADS = 8
LINKABLE_THREADS = 200

GONE = "This can no longer be changed. Close the form and look at the card."


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in its workspace, from the one `auth.test` at start."""

    team: str
    user: str
    url: str
    enterprise: str = ""

    @property
    def installation(self) -> Installation:
        """The workspace, with its organisation: nothing that comes from elsewhere counts."""
        return Installation(self.team, self.enterprise)

    def permalink(self, thread: ThreadRef) -> str:
        """The link to a thread's first message.

        https://docs.slack.dev/reference/methods/chat.getPermalink: the form has been stable for
        years, and a call for each link would not fit into the three seconds of an ack.
        """
        return f"{self.url}archives/{thread.channel}/p{thread.thread_ts.replace('.', '')}"


def message_id(channel: str, ts: str) -> str:
    """The id of the event that tells of a message, whichever way it came."""
    return f"msg:{channel}:{ts}"


@dataclass(frozen=True, slots=True)
class RecentThread:
    """A line of the /reset picker."""

    thread: ThreadRef
    title: str
    permalink: str


@dataclass(frozen=True, slots=True)
class Click:
    """Who clicked, where and when (Slack's `action_ts`). Without a channel it was in Home.

    `form` names the one form that was sent in; a click on a button has none.
    """

    user: str
    channel: str
    thread_ts: str
    action_ts: str
    message_ts: str = ""
    form: str = ""

    @property
    def answer_in(self) -> str | None:
        """The thread to answer privately in; none below a message that has no thread yet.

        https://docs.slack.dev/reference/methods/chat.postEphemeral shows such answers in active
        threads only.
        """
        return None if self.thread_ts in {"", self.message_ts} else self.thread_ts

    @property
    def at(self) -> datetime:
        """The moment of the click."""
        return datetime.fromtimestamp(float(self.action_ts), UTC)


class Intake:
    """Turns what Slack delivers into events of a thread's inbox.

    Every method that stores something returns only after Redis has confirmed it, so the ack
    that follows never promises more than is kept. Errors of Redis propagate: no ack.
    """

    def __init__(
        self,
        inbox: Inbox,
        threads: ThreadStore,
        me: Me,
        tool_forms: Mapping[str, ToolForm],
        now: Callable[[], datetime],
        follow_ups: FollowUps,
    ) -> None:
        self._follow_ups = follow_ups
        self._inbox = inbox
        self._threads = threads
        self._me = me
        self._tool_forms = tool_forms
        self._now = now
        self._room = asyncio.Semaphore(MESSAGES_AT_ONCE)

    def is_asked(self, event: Mapping[str, Any]) -> bool:
        """Tell whether a message is a person's, and for the bot whatever its thread is about."""
        message = incoming.message(event, us=self._me.installation, bot_user=self._me.user)
        return message is not None and message.addressed

    def now_ts(self) -> str:
        """The present moment in Slack's form, for what Slack delivers without a time."""
        return f"{self._now().timestamp():.6f}"

    def foreign(self, body: Mapping[str, Any]) -> str | None:
        """Name the workspace that a payload comes from, if it is not the bot's own; None if it is."""
        origin = of_delivery(body)
        if origin.standing(self._me.installation) is Standing.OURS:
            return None
        named = [*origin.workspaces, *(one.team or one.enterprise for one in origin.installations)]
        others = [place for place in named if not self._me.installation.includes(place)]
        return others[0] if others else "unknown"

    async def message(
        self, event: Mapping[str, Any], *, delivery_id: str, ours: bool = False
    ) -> Appended | None:
        """Store a message that is for the bot; None for one that is not.

        The mention and the message event of one post share their identity (channel and `ts`),
        so only the first of them is stored. One in a thread that is not known is kept until Slack's
        history tells whose the thread is; with `ours` it has told that it is the bot's.
        """
        message = incoming.message(event, us=self._me.installation, bot_user=self._me.user)
        if message is None:
            return None
        told: MessageReceived | ResetRequested
        if message.addressed and incoming.is_reset(message.text):
            keeps = incoming.keeps_files(message.text)
            told = ResetRequested(message.user, ResetVia.MENTION, message.ts, keeps_files=keeps)
        else:
            told = MessageReceived(message.ts, message.user, message.text, message.files)
        async with self._room:
            answer = await self._inbox.append(
                message.thread,
                told,
                event_ids=(message_id(message.thread.channel, message.ts), f"evt:{delivery_id}"),
                order=message.ts,
                participant=message.user,
                only_if_known=not (message.addressed or ours),
                attempted=ours,
            )
            if answer is Appended.UNKNOWN_THREAD:
                await self._follow_ups.keep(message.thread, message.ts)
        return answer

    async def find_approval(self, approval_id: str) -> Approval | None:
        """Look up what a card's opaque id stands for; None for one that is not ours or not readable.

        Raises `KeyMissing`: then Slack tells who clicked that it did not work.
        """
        try:
            return await self._threads.approval(approval_id)
        except KeyMissing:
            raise
        except UnknownSchema:
            return None

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

    async def reset(self, thread: ThreadRef, *, user: str, via: ResetVia, ts: str) -> None:
        """Store the wish to forget a thread; `ts` is the moment of the wish in Slack's form."""
        await self._inbox.append(
            thread, ResetRequested(user=user, via=via, ts=ts), event_ids=(f"reset:{ts}:{user}",), order=ts
        )

    async def stop(self, click: Click) -> None:
        """Store the wish to end the run that is under way in the clicked thread."""
        await self._inbox.append(
            self.thread(click.channel, click.thread_ts),
            StopRequested(user=click.user),
            event_ids=(f"stop:{click.action_ts}:{click.user}",),
            order=click.action_ts,
        )

    async def retry(self, click: Click, *, event_id: str) -> None:
        """Store the wish to try a failed reply again; two clicks on one failure are one wish."""
        await self._inbox.append(
            self.thread(click.channel, click.thread_ts),
            RetryRequested(user=click.user, event_id=event_id),
            event_ids=(f"retry:{event_id}:{click.action_ts}",),
            order=click.action_ts,
        )

    def thread(self, channel: str, thread_ts: str) -> ThreadRef:
        """Name a thread of the bot's own workspace."""
        return ThreadRef(self._me.team, channel, thread_ts)

    async def recent(self, channel: str, user: str) -> list[RecentThread]:
        """List the person's latest threads with the bot in this channel, newest first."""
        threads = await self._inbox.recent(self._me.team, user, channel=channel, limit=PICKER_THREADS)
        titles = [await self._threads.title(thread) for thread in threads]
        return [
            RecentThread(thread, title, self._me.permalink(thread))
            for thread, title in zip(threads, titles, strict=True)
        ]

    async def reset_linked(self, link: str, *, user: str) -> bool:
        """Store the wish to forget the thread of a message link; False if it is not the person's.

        A link alone proves nothing: without this check it would reset threads of private
        channels the person cannot see.
        """
        found = incoming.permalink(link)
        if found is None:
            return False
        thread = self.thread(*found)
        own = await self._inbox.recent(thread.team, user, channel=thread.channel, limit=LINKABLE_THREADS)
        if thread not in own:
            return False
        await self.reset(thread, user=user, via=ResetVia.LINK, ts=self.now_ts())
        return True
