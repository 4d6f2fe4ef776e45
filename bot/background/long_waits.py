"""Whose message will wait long is told so, once, in its thread; the answer takes the place of these words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from redis.exceptions import RedisError

from bot.background.answer_times import AnswerTimes
from bot.background.slots import Slots
from bot.domain import sentences
from bot.domain.duty import Duty
from bot.domain.errors import LeaseLost, SlackRejected, SlackUnavailable
from bot.domain.events import MessageReceived
from bot.domain.lease import PRESENT, Lease
from bot.domain.long_wait import Foretold, Throughput, foretell
from bot.domain.roster import Register
from bot.domain.sources import Sources
from bot.domain.tasks import to_its_end
from bot.domain.thread import ThreadRef
from bot.slack.client import Slack
from bot.slack.limiter import POST, Limiter
from bot.slack.reply import ReplyStream
from bot.slack.reply_messages import ReplyMessages
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.line import InLine, Line
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks at the line, at most; where people are told sooner, as many as a quarter of that.
BEAT: Final = 5.0
#: How many are told in one look.
AT_ONCE: Final = 20


class LongWaits:
    """Looks at the line from time to time. Nobody is told after `patience` of nothing.

    The thread's lease is held while it is told, so no worker begins meanwhile; its message keeps its place.
    """

    def __init__(  # noqa: PLR0913 - what it looks at and whom it tells, each by its name
        self,
        line: Line,
        inbox: Inbox,
        slack: Slack,
        limiter: Limiter,
        *,
        roster: Callable[[], Awaitable[Register]],
        times: AnswerTimes,
        slots: Slots,
        duty: Duty,
        patience: timedelta,
        sources: Sources,
        is_for_us: Callable[[ThreadRef, MessageReceived], Awaitable[bool]],
    ) -> None:
        self._line = line
        self._inbox = inbox
        self._slack = slack
        self._limiter = limiter
        self._roster = roster
        self._times = times
        self._slots = slots
        self._duty = duty
        self._patience = patience
        self._is_for_us = is_for_us
        self._sources = sources

    async def watch(self, metrics: Metrics) -> None:
        """Look again and again, until cancelled."""
        while self._patience:
            await asyncio.sleep(min(BEAT, self._patience.total_seconds() / 4))
            # A replica that has nothing to do takes whoever waits: it need not look for how long.
            if self._duty.is_off or self._slots.is_idle:
                continue
            with outliving(Loop.LONG_WAITS, metrics):
                try:
                    await self.look()
                except RedisError as error:
                    log.warning("line not looked at", extra={"error": type(error).__name__})

    async def look(self) -> None:
        """Tell those who are to be told now, the first ones first."""
        line = await self._line.read()
        if not line or (throughput := await self._throughput()) is None:
            return
        now = self._sources.now()
        told = {one.thread: told for one in line if (told := self._foretold(one, throughput, now))}
        waiting = await self._line.untold([one for one in line if one.thread in told])
        for one in waiting[:AT_ONCE]:
            # What can be said in Slack is for answers first.
            if await self._limiter.has_room(POST, one.thread.channel):
                await to_its_end(self._tell(one, told[one.thread]))

    async def _throughput(self) -> Throughput | None:
        """How fast the line moves; None beside a replica of an earlier release, which would answer below our words."""
        slots = [replica.slots for replica in (await self._roster()).living]
        return Throughput(sum(slots), self._times.mean()) if all(slots) else None

    def _foretold(self, one: InLine, throughput: Throughput, now: datetime) -> Foretold | None:
        waited = timedelta(seconds=now.timestamp() - one.since / 1000)
        return foretell(one.ahead, waited, throughput, self._patience)

    async def _tell(self, one: InLine, told: Foretold) -> None:
        lease = Lease(self._inbox.lease, self._sources.ticks)
        asked = lease.ask()
        claim = await self._inbox.claim_to_tell(one.thread, self._sources.token())
        if claim is None:
            return
        lease.granted(asked)
        PRESENT.set(lease)  # in this call's own task
        try:
            if not await self._is_plain(claim):
                await self._inbox.told(
                    claim
                )  # people may be talking to each other: nothing is said in between
                return
            await self._inbox.told(claim, await self._said(claim, sentences.long_wait(told.wait)))
        except LeaseLost:
            log.info("lease lost", extra={"slack_thread": str(one.thread)})

    async def _is_plain(self, claim: Claim) -> bool:
        event = claim.event
        return not isinstance(event, MessageReceived) or await self._is_for_us(claim.thread, event)

    async def _said(self, claim: Claim, text: str) -> str:
        """Say it; returns the message, empty where it may be there or not: whoever answers looks for it."""
        messages = ReplyMessages(
            self._slack,
            self._limiter,
            channel=claim.thread.channel,
            thread_ts=claim.thread.root,
            event_id=claim.event_id,
        )
        reply = ReplyStream(messages, self._limiter)
        try:
            await reply.announce(text)
        except (SlackUnavailable, SlackRejected) as error:
            log.info("long wait not told", extra={"error": type(error).__name__})
        return reply.messages[0] if reply.messages else ""
