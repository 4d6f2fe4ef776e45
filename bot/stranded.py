"""What was approved and is never done, since its run is gone: found, closed, and told to people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from redis.exceptions import RedisError

from bot import words
from bot.aftermath import Aftermath
from bot.events import StrandedFound
from bot.handling import Handling
from bot.run import Notice
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)

#: For so long after its decision a call is taken to be on its way: longer than a run may wait for others.
PATIENCE: Final = timedelta(minutes=10)
#: Seconds between two looks.
BEAT: Final = 60.0


class Stranded:
    """Looks at one approval under its thread's lease: only there it is known what still goes on."""

    def __init__(self, threads: ThreadStore, aftermath: Aftermath) -> None:
        self._threads = threads
        self._aftermath = aftermath

    async def look(self, h: Handling, approval_id: str) -> None:
        """Close it where no run of its thread would carry it out any more."""
        approval = await self._threads.approval(approval_id)
        if approval is None or not approval.has_yet_to_run:
            return
        if h.concerns(approval) and await self._threads.has_run(h.thread):
            return  # it goes on, or a Retry button waits below the words that it failed
        closed = await self._aftermath.strand(h, approval)
        log.error("approved and never done", extra={"approval": approval.id})
        h.retire([closed])
        await h.settle(Notice(words.STRANDED), closed)


async def find_stranded(threads: ThreadStore, inbox: Inbox, now: datetime) -> int:
    """Let the threads look at what was approved a while ago and has not run; returns how many there are."""
    found = await threads.approved_before(now - PATIENCE)
    for approval in found:
        ids = (f"stranded:{approval.id}:{int(now.timestamp() // PATIENCE.total_seconds())}",)
        await inbox.append(approval.thread, StrandedFound(approval.id), event_ids=ids)
    return len(found)


async def keep_finding(threads: ThreadStore, inbox: Inbox, now: Callable[[], datetime]) -> None:
    """Look from time to time, until cancelled; the threads know what was asked already."""
    while True:
        try:
            await find_stranded(threads, inbox, now())
        except RedisError as error:
            log.warning("stranded approvals not looked for", extra={"error": type(error).__name__})
        await asyncio.sleep(BEAT)
