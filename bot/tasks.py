"""Ending tasks for good."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

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


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work that is not cut off; a cancellation is passed on when the work has ended.

    It has to end by itself, as after a timeout of its own.
    """
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as cancellation:
            cancelled = cancellation
    if cancelled is not None:
        if not task.cancelled():
            task.exception()
        raise cancelled
    return task.result()
