"""Messages that Slack gave up delivering: looked for after every gap, and answered once.

Slack tries an event for some minutes and no longer. So each replica keeps a common mark of when
the bot last heard; where that is too long ago, or a socket may have been deaf meanwhile, what
people wrote since is read from Slack itself and goes through the same door as every message,
which knows those it has had already.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from bot.errors import SlackRejected, SlackUnavailable
from bot.intake import Intake
from bot.slack.client import Slack
from bot.store.hearing import Hearing
from bot.store.inbox import Appended

log = logging.getLogger(__name__)

#: Seconds between two looks at whether the bot hears.
BEAT: Final = 5.0
#: What is read again from before a gap, since its first seconds may have looked well.
MARGIN: Final = timedelta(minutes=2)
#: No older message is answered any more; the door remembers for longer (`DEDUPE_HOURS`).
OLDEST: Final = timedelta(hours=24)
#: Threads are looked for among messages of so long before the gap.
THREADS_SINCE: Final = timedelta(days=2)


class Backfill:
    """Watches for gaps, and fills them; one replica does it for all."""

    def __init__(
        self,
        slack: Slack,
        intake: Intake,
        hearing: Hearing,
        *,
        longest_gap: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._slack = slack
        self._intake = intake
        self._hearing = hearing
        self._longest_gap = longest_gap
        self._now = now
        self._doubted: datetime | None = None

    def doubt(self, seconds: float) -> None:
        """Say that for so long one socket may have heard nothing of what Slack sent to it."""
        since = self._now() - timedelta(seconds=seconds)
        self._doubted = since if self._doubted is None else min(since, self._doubted)

    async def watch(self, hears: Callable[[], Awaitable[bool]]) -> None:
        """Look every few seconds, until cancelled. `hears` tells whether this replica's socket is open."""
        while True:
            try:
                if await hears():
                    await self.look()
            except (RedisError, SlackRejected, SlackUnavailable) as error:
                # The mark stays where it is: the next look finds the same gap.
                log.warning("gap not filled yet", extra={"error": type(error).__name__})
            await asyncio.sleep(BEAT)

    async def look(self) -> int:
        """Fill the gap, if there is one, and set the mark; returns how many messages were new.

        Raises `SlackUnavailable` and `RedisError`; then the mark has not moved.
        """
        now, doubted = self._now(), self._doubted
        since = await self._hearing.since()
        if doubted is None and (since is None or now - since <= self._longest_gap):
            await self._hearing.mark(now)
            return 0
        since = min(moment for moment in (since, doubted) if moment is not None)
        filling = self._hearing.filling()
        if not await filling.acquire():
            return 0  # another replica is at it
        try:
            found = await self._fill(max(since, now - OLDEST), filling)
        finally:
            with contextlib.suppress(LockError):  # lapsed meanwhile
                await filling.release()
        await self._hearing.mark(self._now())  # not of its beginning: a long fill would be a gap itself
        if self._doubted == doubted:
            self._doubted = None
        log.warning("gap filled", extra={"seconds": (now - since).total_seconds(), "found": found})
        return found

    async def _fill(self, since: datetime, filling: Lock) -> int:
        found = 0
        async for message in self._messages(since, filling):
            delivery_id = f"fill:{message['channel']}:{message['ts']}"
            answer = await self._intake.message(message, delivery_id=delivery_id)
            found += answer is Appended.STORED
        return found

    async def _messages(self, since: datetime, filling: Lock) -> AsyncIterator[Mapping[str, Any]]:
        """Everything that was written since then where the bot is, as the events would have told it."""
        waiting = await self._intake.waiting()
        async for channel in self._slack.places():
            await filling.reacquire()
            threads = [thread.thread_ts for thread in waiting if thread.channel == channel]
            try:
                async for message in self._of_channel(channel, (since - MARGIN).timestamp(), threads):
                    yield _event(message, channel, since.timestamp())
            except SlackRejected as refusal:
                log.warning("channel not read", extra={"channel": channel, "code": refusal.code})

    async def _of_channel(
        self, channel: str, oldest: float, waiting: Sequence[str]
    ) -> AsyncIterator[Mapping[str, Any]]:
        """What was written at a channel's top, in its recent threads, and in those where something waits."""
        threads = dict.fromkeys(waiting)
        threads_since = oldest - THREADS_SINCE.total_seconds()
        async for message in self._slack.written(channel, None, oldest=threads_since):
            if float(message["ts"]) >= oldest:
                yield message
            if float(message.get("latest_reply") or 0) >= oldest:
                threads[str(message["ts"])] = None
        for thread_ts in threads:
            try:
                async for reply in self._of_thread(channel, thread_ts):
                    if float(reply["ts"]) >= oldest and reply["ts"] != thread_ts:
                        yield reply
            except SlackRejected as refusal:
                log.warning("thread not read", extra={"channel": channel, "code": refusal.code})

    async def _of_thread(self, channel: str, thread_ts: str) -> AsyncIterator[Mapping[str, Any]]:
        """What was written in a thread from where the bot took part: earlier words were not for it."""
        takes_part = channel.startswith("D")
        async for reply in self._slack.written(channel, thread_ts, oldest=0.0):
            takes_part = takes_part or self._slack.is_in(reply)
            if takes_part:
                yield reply


def _event(message: Mapping[str, Any], channel: str, gap: float) -> dict[str, Any]:
    """Make of a stored message the event that would have told of it.

    One that was edited counts as it is now; but not one from before the gap, which was heard then.
    The first message of a thread has no `thread_ts` when it is posted, but has one when it is read.
    """
    begins = message.get("thread_ts") == message["ts"]
    missed = float(message["ts"]) >= gap
    dropped = {name for name, is_dropped in (("thread_ts", begins), ("edited", missed)) if is_dropped}
    kept = {name: value for name, value in message.items() if name not in dropped}
    return kept | {"type": "message", "channel": channel}
