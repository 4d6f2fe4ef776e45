"""What people wrote, read from Slack itself instead of heard: as the events would have told of it.

What a reply of the bot's answers in full is left out, whatever Redis knows of it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain.approvals.in_words import agrees
from bot.domain.around import UNKNOWN, Around, around
from bot.domain.errors import SlackRejected
from bot.domain.events import ResetRequested, message_id
from bot.domain.thread import RUNNING
from bot.handlers.intake import Intake
from bot.slack import card_mark
from bot.slack.client import Slack
from bot.slack.reply_mark import answered, asking, begun, left_waiting, mark_of, resets

log = logging.getLogger(__name__)

#: What is read again from before a gap, since its first seconds may have looked well.
MARGIN: Final = timedelta(minutes=2)
#: Threads are looked for among messages of so long before the gap.
THREADS_SINCE: Final = timedelta(days=2)

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a thread: the messages that may have to be answered, the bot's own, the events whose reply is not done, or waits for people.

    `around` tells what stands around one of the messages in it.

    `resets` are those that were asked for by no message; Redis may have forgotten that they were made.
    """

    thread_ts: str
    events: Sequence[Message]
    begun: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    own: Sequence[Message] = ()
    resets: Sequence[ResetRequested] = ()
    around: Callable[[str], Around] = field(default=lambda ts: UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What Slack shows of a place: who wrote when, and which events are answered."""

    channel: str
    whole: Sequence[tuple[str, str]]
    answered: frozenset[str]

    def around(self, ts: str) -> Around:
        """What stands around one of its messages."""
        is_answered = message_id(self.channel, ts) in self.answered
        return replace(around(self.whole, ts), answered=is_answered)


class MissedMessages:
    """Reads channels and threads, in Slack's order."""

    def __init__(self, slack: Slack, intake: Intake) -> None:
        self._slack = slack
        self._intake = intake

    async def channel(self, channel: str, since: datetime, waiting: Sequence[str]) -> AsyncIterator[Read]:
        """What was written at a channel's top, in its recent threads, and in those where something waits."""
        oldest = (since - MARGIN).timestamp()
        threads = dict.fromkeys(ts for ts in waiting if ts != RUNNING)
        direct: list[Message] = []
        async for message in self._slack.history.written(
            channel, None, oldest=oldest - THREADS_SINCE.total_seconds()
        ):
            if channel.startswith("D"):
                direct.append(message)
            else:
                for read in self._at_top(channel, message, since):
                    yield read
            if float(message.get("latest_reply") or 0) >= oldest:
                threads[str(message["ts"])] = None
        if direct:
            yield self._direct(channel, direct, since)
        for thread_ts in threads:
            try:
                yield await self.thread(channel, thread_ts, since)
            except SlackRejected as refusal:
                log.warning("thread not read", extra={"channel": channel, "code": refusal.code})

    def _at_top(self, channel: str, message: Message, since: datetime) -> Iterator[Read]:
        """What is to be done about a message at a channel's top, beside its thread."""
        if self._slack.history.is_own(message):  # cards lie at the top of the approvers' channel
            yield Read(str(message["ts"]), [], own=[message])
        oldest = (since - MARGIN).timestamp()
        is_read_below = float(message.get("latest_reply") or 0) >= oldest
        if float(message["ts"]) >= oldest and not is_read_below and _is_at_top(message):
            yield Read(str(message["ts"]), [as_event(message, channel, since.timestamp())])

    def _direct(self, channel: str, top: Sequence[Message], since: datetime) -> Read:
        """What was written at the top of a direct message, in the order in which it was written."""
        oldest, history = (since - MARGIN).timestamp(), self._slack.history
        own = [one for one in reversed(top) if history.is_own(one)]
        written = [one for one in reversed(top) if not history.is_own(one) and _is_at_top(one)]
        recent = [as_event(one, channel, since.timestamp()) for one in written if float(one["ts"]) >= oldest]
        done = answered(own)
        left = [event for event in recent if self._is_left(event, message_id(channel, event["ts"]), done)]
        wished = [one for one in resets(own) if float(one.ts) >= oldest]
        shown = _Shown(channel, [], done - asking(own))
        return Read(RUNNING, left, begun(own), left_waiting(own), own, wished, shown.around)

    async def thread(self, channel: str, thread_ts: str, since: datetime) -> Read:
        """What was written in a thread from where the bot took part: earlier words were not for it."""
        oldest, takes_part = (since - MARGIN).timestamp(), channel.startswith("D")
        found: list[Message] = []
        own: list[Message] = []
        whole: list[tuple[str, str]] = []
        async for message in self._slack.history.written(channel, thread_ts, oldest=0.0):
            is_bots = self._slack.history.is_own(message) or bool(message.get("bot_id"))
            whole.append((str(message["ts"]), "" if is_bots else str(message.get("user") or "")))
            event = as_event(message, channel, since.timestamp())
            if self._slack.history.is_own(message):
                own.append(message)
                takes_part = takes_part or mark_of(message) is not None
                continue
            if event["ts"] == thread_ts and self._intake.places.runs_on(channel):
                continue  # it stands at the top, and belongs there
            takes_part = takes_part or self._intake.is_asked(event)
            # Below a card it takes no part, but who decides there in words is told that they do not count.
            counts = takes_part or (is_of_a_card(own, thread_ts) and agrees(str(message.get("text") or "")))
            if counts and float(message["ts"]) >= oldest:
                found.append(event)
        done = answered(own)
        left = [event for event in found if self._is_left(event, message_id(channel, event["ts"]), done)]
        wished = [one for one in resets(own) if float(one.ts) >= oldest]
        shown = _Shown(channel, whole, done - asking(own))
        return Read(thread_ts, left, begun(own), left_waiting(own), own, wished, shown.around)

    def _is_left(self, event: Message, event_id: str, done: Collection[str]) -> bool:
        """Whether a message may have to be answered. A reset that was: what it forgot may have come back, with Redis."""
        return event_id not in done or self._intake.is_reset(event)


def _is_at_top(message: Message) -> bool:
    return bool(message.get("thread_ts", message["ts"]) == message["ts"])


def is_of_a_card(own: Sequence[Message], thread_ts: str) -> bool:
    """Tell whether a thread begins with a card, by the bot's messages in it."""
    return bool(own) and own[0]["ts"] == thread_ts and card_mark.mark_of(own[0]) is not None


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
