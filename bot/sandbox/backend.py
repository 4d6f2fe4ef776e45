"""Where sandboxes run: a bridge, be it Cloudflare's or the local one, which speaks the same protocol."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp

from bot import lease
from bot.sandbox.ledger import Ledger
from bot.sandbox.limits import SandboxLimits

log = logging.getLogger(__name__)

#: Seconds for one call of the bot's own to a bridge.
TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
#: How much longer than its run a sandbox stays on the list before it is ended from outside.
GRACE: Final = timedelta(minutes=2)


class Backend:
    """Reaches the bridge for what the SDK's client does not do: a deletion that is known to have worked."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        ledger: Ledger,
        *,
        url: str,
        api_key: str,
        limits: SandboxLimits,
        now: Callable[[], datetime],
    ) -> None:
        self.url = url.rstrip("/")
        self.api_key = api_key
        self.limits = limits
        self.now = now
        self._http = http
        self._ledger = ledger

    async def opened(self, sandbox_id: str, thread: str) -> None:
        """Put a new sandbox on the list, and end those that a dead worker left to this thread."""
        lease.check()
        await self._ledger.note(sandbox_id, thread, until=self.now() + self.limits.run + GRACE)
        # Only older ones: a worker that was paused here wakes to find its successor's as well.
        for other in await self._ledger.before(sandbox_id, thread):
            lease.check()
            await self.end(other, thread)

    async def end(self, sandbox_id: str, thread: str) -> bool:
        """Delete a sandbox; False where that failed, and it stays on the list."""
        try:
            async with self._http.delete(
                f"{self.url}/v1/sandbox/{sandbox_id}",
                headers={"Authorization": f"Bearer {self.api_key}"},
                timeout=TIMEOUT,
            ) as response:
                is_gone = response.status < HTTPStatus.BAD_REQUEST or response.status == HTTPStatus.NOT_FOUND
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            is_gone, status = False, 0
        if is_gone:
            await self._ledger.drop(sandbox_id, thread)
        else:
            log.warning("sandbox not ended", extra={"sandbox": sandbox_id, "status": status})
        return is_gone

    async def sweep(self) -> int:
        """End every sandbox whose time is over; returns how many."""
        ended = [await self.end(*one) for one in await self._ledger.lapsed(self.now())]
        return sum(ended)
