"""Replies that are shown as under way while nobody works on them: Redis has forgotten their event."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from bot import words
from bot.errors import SlackRejected
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.reply import ReplyStream
from bot.store.inbox import Inbox
from bot.thread import ThreadRef

log = logging.getLogger(__name__)


class Orphans:
    """Closes them with a sentence, so that nothing says "Thinking …" for ever."""

    def __init__(self, slack: Slack, limiter: Limiter, inbox: Inbox) -> None:
        self._slack = slack
        self._limiter = limiter
        self._inbox = inbox

    async def close(self, thread: ThreadRef, begun: Iterable[str]) -> None:
        """Close the replies to those of these events that no worker will ever finish."""
        for event_id in begun:
            if await self._inbox.holds(thread, event_id):
                continue
            reply = ReplyStream(
                self._slack,
                self._limiter,
                channel=thread.channel,
                thread_ts=thread.thread_ts,
                event_id=event_id,
            )
            await reply.adopt()  # read again: its worker may have finished it, and let the event go, since
            if not reply.messages or reply.is_answered:
                continue
            try:
                await reply.finish("", own=words.LOST)
            except SlackRejected as refusal:
                log.warning("lost reply not closed", extra={"code": refusal.code})
            else:
                log.warning("lost reply closed", extra={"slack_thread": str(thread)})
