"""What people wrote, read from Slack itself instead of heard: as the events would have told of it.

What a reply of the bot's answers in full is left out, whatever Redis knows of it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.errors import SlackRejected
from bot.intake import Intake, message_id
from bot.slack.client import Slack
from bot.slack.reply_mark import answered, begun, mark_of

log = logging.getLogger(__name__)

#: What is read again from before a gap, since its first seconds may have looked well.
MARGIN: Final = timedelta(minutes=2)
#: Threads are looked for among messages of so long before the gap.
THREADS_SINCE: Final = timedelta(days=2)

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a thread: the messages that may have to be answered, the events whose reply is not done."""

    thread_ts: str
    events: Sequence[Message]
    begun: frozenset[str] = frozenset()


class History:
    """Reads channels and threads, in Slack's order."""

    def __init__(self, slack: Slack, intake: Intake) -> None:
        self._slack = slack
        self._intake = intake

    async def channel(self, channel: str, since: datetime, waiting: Sequence[str]) -> AsyncIterator[Read]:
        """What was written at a channel's top, in its recent threads, and in those where something waits."""
        oldest = (since - MARGIN).timestamp()
        threads = dict.fromkeys(waiting)
        async for message in self._slack.written(
            channel, None, oldest=oldest - THREADS_SINCE.total_seconds()
        ):
            if float(message.get("latest_reply") or 0) >= oldest:
                threads[str(message["ts"])] = None
            elif float(message["ts"]) >= oldest and message.get("thread_ts", message["ts"]) == message["ts"]:
                yield Read(str(message["ts"]), [as_event(message, channel, since.timestamp())])
        for thread_ts in threads:
            try:
                yield await self.thread(channel, thread_ts, since)
            except SlackRejected as refusal:
                log.warning("thread not read", extra={"channel": channel, "code": refusal.code})

    async def thread(self, channel: str, thread_ts: str, since: datetime) -> Read:
        """What was written in a thread from where the bot took part: earlier words were not for it."""
        oldest, takes_part = (since - MARGIN).timestamp(), channel.startswith("D")
        found: list[Message] = []
        own: list[Message] = []
        async for message in self._slack.written(channel, thread_ts, oldest=0.0):
            event = as_event(message, channel, since.timestamp())
            if self._slack.is_own(message):
                own.append(message)
                takes_part = takes_part or mark_of(message) is not None
                continue
            takes_part = takes_part or self._intake.is_asked(event)
            if takes_part and float(message["ts"]) >= oldest:
                found.append(event)
        done = answered(own)
        left = [event for event in found if message_id(channel, event["ts"]) not in done]
        return Read(thread_ts, left, begun(own))


def as_event(message: Message, channel: str, gap: float) -> dict[str, Any]:
    """Make of a stored message the event that would have told of it.

    One that was edited counts as it is now; but not one from before the gap, which was heard then.
    The first message of a thread has no `thread_ts` when it is posted, but has one when it is read.
    """
    begins = message.get("thread_ts") == message["ts"]
    missed = float(message["ts"]) >= gap
    dropped = {name for name, is_dropped in (("thread_ts", begins), ("edited", missed)) if is_dropped}
    kept = {name: value for name, value in message.items() if name not in dropped}
    return kept | {"type": "message", "channel": channel}
