"""Wishes to forget a thread that come as no message: one durable append each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from bot.domain.errors import NotKept
from bot.domain.events import ResetRequested, ResetVia, reset_id
from bot.domain.recent_thread import RecentThread
from bot.domain.requester_events import EVERYTHING
from bot.domain.thread import ThreadRef
from bot.slack import incoming
from bot.slack.click import Click
from bot.slack.me import Me
from bot.slack.reset_picker import Wanted
from bot.store.inbox import Appended, Inbox
from bot.store.recent_threads import RecentThreads
from bot.store.threads import ThreadStore

#: How many threads the /reset picker offers, and how far back a link may reach.
PICKER_THREADS: Final = 8
LINKABLE_THREADS: Final = 200


async def _nothing_to_wait_for() -> bool:
    return True


class ResetIntake:
    """Stores them, and says which threads a person may mean. `now_ts` is the present moment in Slack's form."""

    def __init__(self, inbox: Inbox, threads: ThreadStore, me: Me, now_ts: Callable[[], str]) -> None:
        self._inbox = inbox
        self._recent = RecentThreads(inbox, threads, me.permalink)
        self._me = me
        self._now_ts = now_ts
        #: Waits for Redis to confirm that it keeps what it has; False where it did not in time.
        self.confirmed: Callable[[], Awaitable[bool]] = _nothing_to_wait_for

    async def wish(self, thread: ThreadRef, *, user: str, via: ResetVia, ts: str) -> Appended:
        """Store the wish to forget a thread; `ts` is the moment of the wish in Slack's form."""
        return await self._keep(thread, ResetRequested(user=user, via=via, ts=ts))

    async def pressed(self, button: Wanted, click: Click) -> RecentThread | None:
        """Store that a Reset button was pressed. Where only who pressed it sees it, and more waits by now than it named, return that."""
        there = await self._recent.one(button.thread)
        if click.is_private and not set(there.named) <= set(button.named):
            return there
        asked_in = "" if click.is_private else click.message_ts
        via, ts = ResetVia.PICKER, click.action_ts
        wish = ResetRequested(click.user, via, ts, button.keeps_files, named=button.named, asked_in=asked_in)
        await self._keep(button.thread, wish)
        return None

    async def shown(self, thread: ThreadRef) -> RecentThread:
        """What there is to be lost with a thread."""
        return await self._recent.one(thread)

    async def again(self, thread: ThreadRef, wish: ResetRequested) -> Appended:
        """Store a wish of which Slack's history tells, unless it is known."""
        return await self._store(thread, replace(wish, named=(EVERYTHING,)), attempted=True)

    async def linked(self, link: str, *, user: str) -> RecentThread | None:
        """The thread of a message link; None if it is not the person's.

        A link alone proves nothing: without this check it would reset threads of private
        channels the person cannot see.
        """
        found = incoming.permalink(link)
        if found is None:
            return None
        meant = ThreadRef(self._me.team, *found), ThreadRef.running(self._me.team, found[0])
        own = await self._inbox.recent(self._me.team, user, channel=found[0], limit=LINKABLE_THREADS)
        thread = next((one for one in meant if one in own), None)
        return await self._recent.one(thread) if thread else None

    async def at_once(self, thread: ThreadRef, *, user: str) -> None:
        """Store the wish to forget the thread of a link."""
        await self.wish(thread, user=user, via=ResetVia.LINK, ts=self._now_ts())

    async def recent(self, channel: str, user: str) -> list[RecentThread]:
        """List the person's latest threads with the bot in this channel, newest first."""
        return await self._recent.of(self._me.team, user, channel=channel, limit=PICKER_THREADS)

    async def _keep(self, thread: ThreadRef, wish: ResetRequested) -> Appended:
        """Store a wish that only Redis knows of: what it forgot, no message in Slack would bring back.

        Raises `NotKept`; the wish may come true all the same, and Slack tells the person to try again.
        """
        stored = await self._store(thread, wish)
        if not await self.confirmed():
            raise NotKept
        return stored

    async def _store(self, thread: ThreadRef, wish: ResetRequested, *, attempted: bool = False) -> Appended:
        # The release before knows it by the second id.
        event_ids = (reset_id(wish.user, wish.via, wish.ts), f"reset:{wish.ts}:{wish.user}")
        return await self._inbox.append(thread, wish, event_ids=event_ids, order=wish.ts, attempted=attempted)
