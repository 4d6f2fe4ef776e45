"""The sandboxes of all threads: each is on a list from its start, so that none outlives its worker for long."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain import lease
from bot.sandbox.host import Host
from bot.sandbox.ledger import Ledger
from bot.sandbox.limits import SandboxLimits

log = logging.getLogger(__name__)

#: How much longer than its run a sandbox stays on the list before it is ended from outside.
GRACE: Final = timedelta(minutes=2)


class Backend:
    """A host of sandboxes, and the list of those that it made. `on_end` hears how long each was open."""

    def __init__(
        self,
        host: Host,
        ledger: Ledger,
        *,
        limits: SandboxLimits,
        now: Callable[[], datetime],
        on_end: Callable[[timedelta], None] | None = None,
    ) -> None:
        self.host = host
        self.limits = limits
        self.now = now
        self._ledger = ledger
        self._on_end = on_end
        #: Since when those are open that were opened here.
        self._opened: dict[str, datetime] = {}

    async def opened(self, sandbox_id: str, thread: str) -> None:
        """Put a new sandbox on the list, and end those that a dead worker left to this thread."""
        lease.check()
        self._opened[sandbox_id] = self.now()
        await self._ledger.note(sandbox_id, thread, until=self.now() + self.limits.run + GRACE)
        # Only older ones: a worker that was paused here wakes to find its successor's as well.
        for other in await self._ledger.before(sandbox_id, thread):
            lease.check()
            await self.end(other, thread)

    async def end(self, sandbox_id: str, thread: str) -> bool:
        """End a sandbox; False where that failed, and it stays on the list."""
        is_gone = await self.host.end(sandbox_id)
        if is_gone:
            if (since := self._opened.pop(sandbox_id, None)) and self._on_end:
                self._on_end(self.now() - since)
            await self._ledger.drop(sandbox_id, thread)
        else:
            log.warning("sandbox not ended", extra={"sandbox": sandbox_id})
        return is_gone

    async def sweep(self) -> int:
        """End every sandbox whose time is over; returns how many."""
        ended = [await self.end(*one) for one in await self._ledger.lapsed(self.now())]
        return sum(ended)
