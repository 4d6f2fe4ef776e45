"""The latest threads of a person, with what waits in each."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.approvals.approval import Question
from bot.domain.errors import UnknownSchema
from bot.domain.recent_thread import RecentThread
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore


class RecentThreads:
    """Reads them; what cannot be read of one is left out of it."""

    def __init__(self, inbox: Inbox, threads: ThreadStore, permalink: Callable[[ThreadRef], str]) -> None:
        self._inbox = inbox
        self._threads = threads
        self._permalink = permalink

    async def of(self, team: str, user: str, *, limit: int, channel: str | None = None) -> list[RecentThread]:
        """A person's latest threads (of one channel), the newest first; of those that were forgotten nothing is left to list."""
        found = [
            await self._read(thread)
            for thread in await self._inbox.recent(team, user, channel=channel, limit=limit)
        ]
        return [one for one in found if one is not None]

    async def one(self, thread: ThreadRef) -> RecentThread:
        """One thread, whatever is left of it."""
        return await self._read(thread) or RecentThread(thread, "", self._permalink(thread))

    async def _read(self, thread: ThreadRef) -> RecentThread | None:
        try:
            state = await self._threads.load(thread)
        except UnknownSchema:
            state = ThreadState()
        approvals = await self._threads.readable(state.approvals)
        waiting = [one for one in approvals if not one.is_final and one.question is Question.GO_AHEAD]
        is_busy = await self._inbox.waits(thread) > 0
        if state.reset_ts and not (state.title or waiting or is_busy):
            return None
        return RecentThread(thread, state.title, self._permalink(thread), tuple(waiting), is_busy)
