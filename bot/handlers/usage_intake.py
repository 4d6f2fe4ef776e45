"""What a person may see of what requests of models used: their own, and that of threads they wrote in. It stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from bot.domain.thread import ThreadRef
from bot.domain.usage import Dimension, day_of
from bot.slack import incoming
from bot.slack.cards import Card
from bot.slack.me import Me
from bot.slack.usage_card import NOT_YOURS, UsedThread, usage_card
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook

#: How many of the person's threads are shown, and how far back a link may reach.
THREADS: Final = 5
LINKABLE_THREADS: Final = 200


class UsageIntake:
    """Reads for `/usage`: a few round trips, however much was used."""

    def __init__(
        self, inbox: Inbox, threads: ThreadStore, me: Me, now: Callable[[], datetime], book: UsageBook
    ) -> None:
        self._inbox = inbox
        self._threads = threads
        self._me = me
        self._now = now
        self._book = book

    async def answer(self, link: str, channel: str, user: str) -> Card:
        """What the person used today, and the thread of a message link; without one, their latest threads here."""
        threads = await (self._linked(link, user) if link else self._own(user, channel, THREADS))
        if link and not threads:
            return Card(NOT_YOURS, [])
        today = await self._book.of(Dimension.PERSON, user, day_of(self._now()))
        return usage_card(today, await self._rows(threads))

    async def _own(self, user: str, channel: str, limit: int) -> list[ThreadRef]:
        return await self._inbox.recent(self._me.team, user, channel=channel, limit=limit)

    async def _linked(self, link: str, user: str) -> list[ThreadRef]:
        """The thread of a link, or the running conversation that it leads into, if the person wrote in it: a link alone
        proves nothing."""
        found = incoming.permalink(link)
        if found is None:
            return []
        meant = ThreadRef(self._me.team, *found), ThreadRef.running(self._me.team, found[0])
        own = await self._own(user, found[0], LINKABLE_THREADS)
        return [thread for thread in meant if thread in own][:1]

    async def _rows(self, threads: Sequence[ThreadRef]) -> list[UsedThread]:
        used = await self._book.of_threads(threads)
        return [
            UsedThread(await self._threads.title(thread), self._me.permalink(thread), usage)
            for thread, usage in zip(threads, used, strict=True)
        ]
