"""Messages that Slack gave up delivering: looked for after every gap, and answered once.

Slack tries an event for some minutes and no longer. So there is a mark of when the bot last heard
for sure (`Hearing`); where that is too long ago, or a socket may have been deaf meanwhile, what
people wrote since is read from Slack itself and goes through the same door as every message,
which knows those it has had already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from redis.exceptions import RedisError

from bot.connection.lost_cards import LostCards
from bot.connection.missed_messages import MARGIN, MissedMessages, Read
from bot.connection.orphans import Orphans
from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.domain.thread import ThreadRef
from bot.handlers.intake import Intake
from bot.slack.client import Slack
from bot.store.epoch import Epoch
from bot.store.follow_ups import FollowUps
from bot.store.hearing import Hearing
from bot.store.inbox import Appended
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks at whether the bot hears.
BEAT: Final = 5.0
#: No older message is answered any more; the door remembers for longer (`DEDUPE_HOURS`).
OLDEST: Final = timedelta(hours=24)
#: Where nothing is proven for so long, as in a quiet workspace, the history is read.
UNPROVEN: Final = timedelta(minutes=30)
#: How many threads that are not known are looked at in a beat: some of Slack's 50 calls a minute.
THREADS: Final = 2


class Backfill:
    """Watches for gaps, and fills them; one replica does it for all.

    `clock` counts seconds, `of_slack` tells by how much Slack's clock is ahead of Redis'.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that is looked at
        self,
        slack: Slack,
        intake: Intake,
        hearing: Hearing,
        follow_ups: FollowUps,
        epoch: Epoch,
        orphans: Orphans,
        lost_cards: LostCards,
        *,
        replica: str,
        longest_gap: timedelta,
        clock: Callable[[], float],
        of_slack: Callable[[], timedelta] = timedelta,
        metrics: Metrics | None = None,
    ) -> None:
        self._slack = slack
        self._intake = intake
        self._missed = MissedMessages(slack, intake)
        self._hearing = hearing
        self._follow_ups = follow_ups
        self._epoch = epoch
        self._orphans = orphans
        self._lost_cards = lost_cards
        self._replica = replica
        self._longest_gap = longest_gap
        self._clock, self._of_slack = clock, of_slack
        self._metrics = metrics or Metrics()
        #: Since when something may have been missed, and when the latest look went well, by the clock.
        self._doubted: float | None = None
        self._well_at = float("-inf")

    def doubt(self, seconds: float) -> None:
        """Say that for so long something of what Slack sent may not have been heard."""
        since = self._clock() - seconds
        self._doubted = since if self._doubted is None else min(since, self._doubted)

    async def watch(self, unproven: Callable[[], Awaitable[float | None]]) -> None:
        """Look every few seconds, until cancelled.

        `unproven` tells for how many seconds a socket of this replica may have missed something; None
        where none is open.
        """
        while True:
            with outliving(Loop.BACKFILL, self._metrics):
                try:
                    if (seconds := await unproven()) is not None:
                        await self.look(seconds)
                        await self.settle_follow_ups()
                except (RedisError, SlackRejected, SlackUnavailable) as error:
                    # The mark stays where it is: the next look finds the same gap.
                    log.warning("gap not filled yet", extra={"error": type(error).__name__})
            await asyncio.sleep(BEAT)

    async def look(self, unproven: float) -> int:
        """Fill the gap, if there is one, or note what is proven; returns how many messages were new.

        Raises `SlackUnavailable` and `RedisError`; then the mark has not moved.
        """
        now, looked_at, doubted = await self._hearing.now(), self._clock(), self._doubted
        if doubted is not None:
            unproven = max(unproven, looked_at - doubted)
        epoch = await self._epoch.since()
        since = await self._heard(now, epoch.second)
        if (
            not epoch.is_settled
        ):  # until history is read, so that whoever dies here leaves it to the next look
            await self._epoch.write_anew()
        # A replica that begins, or could not look for a while, knows nothing of the time before.
        began = looked_at - self._well_at > self._longest_gap.total_seconds()
        found = 0
        gap = now - since > (self._longest_gap if began else UNPROVEN)
        if doubted is not None or gap or not epoch.is_settled:
            if (filled := await self._filled(since, now)) is None:
                return 0  # another replica is at it
            found = filled
            await self._epoch.settle(epoch)
            if not epoch.is_settled:
                log.warning("history was read behind the new redis: what it forgot is put right")
            if self._doubted == doubted:
                self._doubted = None
        else:  # not before a gap is filled: what one replica hears from now on says nothing of it
            await self._hearing.prove(self._replica, now - timedelta(seconds=unproven))
        self._well_at = looked_at
        return found

    async def _heard(self, now: datetime, begun: float) -> datetime:
        """Up to when everything was heard for sure; `begun` is when Redis forgot what was before, 0 for never."""
        since = await self._hearing.since()
        if since is None:
            # At the very first start nobody was asked anything yet; an emptied Redis has forgotten what was.
            await self._hearing.mark(since := now if begun == 0 else now - OLDEST)
        elif since > now + MARGIN:  # Redis' clock went back: by the present one nobody knows
            await self._hearing.disprove()
            since = now - OLDEST
        return since

    async def _filled(self, since: datetime, now: datetime) -> int | None:
        """Read what was written since then, and move the mark to the beginning of that; None if somebody is at it."""
        async with self._hearing.filling() as is_alone:
            if not is_alone:
                return None
            try:
                # Messages have Slack's time, by which this may have been earlier.
                found = await self._fill(max(since, now - OLDEST) + min(self._of_slack(), timedelta(0)))
            except (RedisError, SlackRejected, SlackUnavailable):
                self._metrics.history_read(None)
                raise
            self._metrics.history_read(found)
            await self._hearing.mark(now)
        level = logging.WARNING if found else logging.INFO
        log.log(level, "history read", extra={"seconds": (now - since).total_seconds(), "found": found})
        return found

    async def _fill(self, since: datetime) -> int:
        found = 0
        waiting = await self._intake.waiting()
        async for channel in self._slack.history.places():
            threads = [thread.thread_ts for thread in waiting if thread.channel == channel]
            try:
                async for read in self._missed.channel(channel, since, threads):
                    found += await self._take(channel, read)
            except SlackRejected as refusal:
                log.warning("channel not read", extra={"channel": channel, "code": refusal.code})
        return found

    async def settle_follow_ups(self) -> int:
        """Ask Slack whose some threads are in which somebody spoke, and answer those of the bot's.

        Returns how many messages were new. One replica at a time does it.
        """
        if not (waiting := await self._follow_ups.waiting()):
            return 0
        async with self._hearing.filling() as is_alone:
            return await self._settle(waiting) if is_alone else 0

    async def _settle(self, waiting: Mapping[ThreadRef, Sequence[str]]) -> int:
        found, oldest = 0, await self._hearing.now() - OLDEST
        for thread, messages in list(waiting.items())[:THREADS]:
            try:
                read = await self._missed.thread(thread.channel, thread.thread_ts, oldest)
                found += await self._take(thread.channel, read)
            except SlackRejected as refusal:  # deleted, or the bot is not there any more
                log.warning("thread not read", extra={"slack_thread": str(thread), "code": refusal.code})
            await self._follow_ups.settle(thread, messages)
        return found

    async def _take(self, channel: str, read: Read) -> int:
        """Let what was read through the door; what Slack shows and nobody knows of, or not so, is put right."""
        found, thread = 0, self._intake.thread(channel, read.thread_ts)
        for wish in read.resets:  # first, for the messages before them are void
            await self._intake.resets.again(thread, wish)
        for event in read.events:
            delivery_id = f"fill:{channel}:{event['ts']}"
            answer = await self._intake.message(
                event, delivery_id=delivery_id, history=read.around(event["ts"])
            )
            found += answer is Appended.STORED
        await self._orphans.try_again(thread, read.own)
        await self._orphans.close(thread, read.begun)
        await self._orphans.close_waiting(thread, read.waiting)
        await self._lost_cards.put_right(channel, read.own)
        return found
