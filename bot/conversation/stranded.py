"""What was approved and is never done, since its run is gone: found, closed, and told to people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from redis.exceptions import RedisError

from bot.conversation.closing import Closing
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.events import StrandedFound
from bot.domain.run import Notice
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: For so long after its decision a call is taken to be on its way: longer than a run may wait for others.
PATIENCE: Final = timedelta(minutes=10)
#: Seconds between two looks.
BEAT: Final = 60.0


class Stranded:
    """Looks at one approval under its thread's lease: only there it is known what still goes on."""

    def __init__(self, threads: ThreadStore, closing: Closing) -> None:
        self._threads = threads
        self._closing = closing

    async def look(self, h: Handling, approval_id: str) -> None:
        """Close it where no run of its thread would carry it out any more."""
        approval = await self._threads.approval(approval_id)
        if approval is None or not approval.has_yet_to_run:
            return
        if h.concerns(approval) and await self._threads.has_run(h.thread):
            return  # it goes on, or a Retry button waits below the words that it failed
        closed = await self._closing.strand(h, approval)
        log.error("approved and never done", extra={"approval": approval.id})
        h.retire([closed])
        await h.settle(Notice(sentences.STRANDED), closed)


async def find_stranded(threads: ThreadStore, inbox: Inbox, now: datetime, page: int = 0) -> int:
    """Let the threads look at a page of what was approved a while ago and has not run; returns how many that are."""
    found = await threads.approved_before(now - PATIENCE, page)
    for approval in found:
        ids = (f"stranded:{approval.id}:{int(now.timestamp() // PATIENCE.total_seconds())}",)
        await inbox.append(approval.thread, StrandedFound(approval.id), event_ids=ids)
    return len(found)


async def keep_finding(
    threads: ThreadStore, inbox: Inbox, now: Callable[[], datetime], metrics: Metrics
) -> None:
    """Look from time to time, until cancelled; the threads know what was asked already.

    A page each time: what stays on the first one, since it cannot be read or waits below a Retry button,
    hides nothing behind it. Nor does a page on which a look fails.
    """
    page = -1
    while True:
        page += 1
        with outliving(Loop.STRANDED, metrics):
            try:
                page %= await threads.approved_pages(now() - PATIENCE)
                await find_stranded(threads, inbox, now(), page)
            except RedisError as error:
                log.warning("stranded approvals not looked for", extra={"error": type(error).__name__})
        await asyncio.sleep(BEAT)
