"""Ending tasks for good."""

from __future__ import annotations

import asyncio
from typing import Any

#: Seconds to wait before a task that has not ended is cancelled once more.
AGAIN = 0.5


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended; what it raises is dropped.

    Once is not enough: a cancellation that meets a timeout inside a library comes out of it as
    that timeout, and a loop which tries again after timeouts would go on for ever (seen with
    redis-py: a heartbeat that outlived its event and kept the thread's lease).
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN)
    if not task.cancelled():
        task.exception()
