"""Which conversation a message or a click belongs to: the one of its thread, or the running one of a direct message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.domain.events import message_id
from bot.domain.roster import Register
from bot.domain.thread import DirectMemory, ThreadRef
from bot.slack.click import Click
from bot.store.inbox import Inbox


class Places:
    """Tells them apart by the setting. While a replica lives that knows of no running conversations (`roster`), there are none."""

    def __init__(
        self,
        team: str,
        inbox: Inbox,
        memory: DirectMemory = "conversation",
        roster: Callable[[], Awaitable[Register]] | None = None,
    ) -> None:
        self._team = team
        self._inbox = inbox
        self._memory = memory
        self._roster = roster

    def runs_on(self, channel: str) -> bool:
        """Whether what is said at a channel's top is one running conversation."""
        return self._memory == "conversation" and ThreadRef.running(self._team, channel).is_running

    async def of_message(self, thread: ThreadRef, ts: str) -> ThreadRef:
        """Where a message belongs that Slack shows in `thread`.

        One that was taken in before, by another release or under another setting, stays where it is.
        """
        if not thread.is_direct or thread.thread_ts != ts:
            return thread
        running = ThreadRef.running(thread.team, thread.channel)
        runs_on = self.runs_on(thread.channel) and await self._everybody_can()
        usual, other = (running, thread) if runs_on else (thread, running)
        return other if await self._inbox.has_seen(other, message_id(thread.channel, ts)) else usual

    async def _everybody_can(self) -> bool:
        return self._roster is None or all(replica.runs_on for replica in (await self._roster()).living)

    def of_shortcut(self, channel: str, message: Mapping[str, Any]) -> ThreadRef:
        """Where a message belongs on which the shortcut was used: one that begins a thread stands for that thread."""
        thread_ts, ts = message.get("thread_ts"), message["ts"]
        if not thread_ts and self.runs_on(channel):
            return ThreadRef.running(self._team, channel)
        return ThreadRef(self._team, channel, thread_ts or ts)

    def of_click(self, click: Click) -> ThreadRef:
        """Where a button of a reply belongs: at the top of a direct message stand replies of its running conversation only."""
        thread = ThreadRef(self._team, click.channel, click.thread_ts)
        at_top = thread.is_direct and click.answer_in is None
        return ThreadRef.running(self._team, click.channel) if at_top else thread
