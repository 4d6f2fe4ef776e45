"""Replies that show something else than Redis knows: as under way, waiting or tried again, where it has forgotten that."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain import sentences
from bot.domain.errors import SlackRejected, UnknownSchema
from bot.domain.events import RetryRequested, origin
from bot.domain.thread import ThreadRef
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.reply import ReplyStream
from bot.slack.reply_mark import mark_of
from bot.slack.reply_messages import ReplyMessages
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class Orphans:
    """Goes on with them or closes them with a sentence, so that nothing says "Thinking …" for ever."""

    def __init__(self, slack: Slack, limiter: Limiter, inbox: Inbox, threads: ThreadStore) -> None:
        self._slack = slack
        self._limiter = limiter
        self._inbox = inbox
        self._threads = threads

    async def try_again(self, thread: ThreadRef, own: Iterable[Mapping[str, Any]]) -> None:
        """Try again what Slack shows as tried again, and Redis takes for failed: nobody can press Retry once more."""
        marks = {str(message["ts"]): mark for message in own if (mark := mark_of(message))}
        retried = {ts: mark.event_id for ts, mark in marks.items() if mark.origin != mark.event_id}
        if not retried:
            return
        with contextlib.suppress(UnknownSchema):
            failed = (await self._threads.load(thread)).failed
            event_id = retried.get(failed.messages[-1]) if failed and failed.messages else None
            if failed and event_id and event_id != failed.event_id:
                again = RetryRequested(user="", event_id=failed.event_id)
                await self._inbox.append(thread, again, event_ids=(event_id,), attempted=True)

    async def close(self, thread: ThreadRef, begun: Iterable[str]) -> None:
        """Close the replies to those of these events that no worker will ever finish."""
        for event_id in begun:
            if await self._is_held(thread, event_id):
                continue
            reply = self._reply(thread, event_id)
            await reply.adopt()  # read again: its worker may have finished it, and let the event go, since
            if reply.is_under_way and reply.is_read_by_another:
                # Closed as lost it would be asked once more, and answered twice.
                await reply.take_back()
                log.warning("lost reply taken back: another answers", extra={"slack_thread": str(thread)})
            elif reply.is_under_way:
                await self._finish(thread, reply)

    async def close_waiting(self, thread: ThreadRef, waiting: Iterable[str]) -> None:
        """Close the replies that say that people were asked, where no run waits for them any more and nothing followed."""
        for event_id in waiting:
            if await self._goes_on(thread, event_id):
                continue
            reply = self._reply(thread, event_id)
            await reply.adopt()
            if reply.messages and reply.is_left_waiting and not await self._goes_on(thread, event_id):
                await self._finish(thread, reply)

    async def _is_held(self, thread: ThreadRef, event_id: str) -> bool:
        """Whether the event waits, or the one that it tried again: that one will take over its reply."""
        return await self._inbox.holds(thread, event_id) or await self._inbox.holds(thread, origin(event_id))

    async def _goes_on(self, thread: ThreadRef, event_id: str) -> bool:
        """Tell whether anything is known of a thread from which more may follow."""
        if await self._inbox.holds(thread, event_id) or await self._inbox.waits(thread):
            return True
        return await self._threads.has_run(thread) or bool(await self._threads.waiting_in(thread))

    def _reply(self, thread: ThreadRef, event_id: str) -> ReplyStream:
        messages = ReplyMessages(
            self._slack,
            self._limiter,
            channel=thread.channel,
            thread_ts=thread.root,
            event_id=event_id,
        )
        return ReplyStream(messages, self._limiter)

    async def _finish(self, thread: ThreadRef, reply: ReplyStream) -> None:
        reply.keeps_marks()  # what it took in is closed with it
        try:
            await reply.finish("", own=sentences.LOST)
        except SlackRejected as refusal:
            log.warning("lost reply not closed", extra={"code": refusal.code})
        else:
            log.warning("lost reply closed", extra={"slack_thread": str(thread)})
