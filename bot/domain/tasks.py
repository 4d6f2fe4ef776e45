"""Tasks beside others, and ending them for good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")
A = TypeVar("A")
log = logging.getLogger(__name__)

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


async def first(task: asyncio.Task[Any], stop: asyncio.Event) -> bool:
    """Wait for a task, whose error is raised; False where it is ended because `stop` was set before."""
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
            return True
        return False
    finally:
        await end(task)
        await end(stopped)


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Do something beside the block, for as long as that runs."""
    task = asyncio.create_task(work)
    task.add_done_callback(mourn)
    try:
        yield
    finally:
        await end(task)


def mourn(task: asyncio.Task[None]) -> None:
    """Let nothing end without a word that should go on for as long as the replica."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background task died", extra={"task": task.get_name(), "error": type(error).__name__})


async def first_of(*moments: Coroutine[Any, Any, object]) -> list[object]:
    """Await until one of these is done, and end the others; what it returned, or raises what it raised."""
    tasks = [asyncio.create_task(moment) for moment in moments]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return [task.result() for task in done]
    finally:
        for task in tasks:
            await end(task)


async def for_each(
    work: Callable[[A], Awaitable[T]], arguments: Iterable[A], *, at_once: int = 32
) -> list[T]:
    """Do the same with each of these, some at a time beside each other; what came of it, in their order."""
    of, done = list(arguments), list[T]()
    for at in range(0, len(of), at_once):
        done += await all_of(*(work(one) for one in of[at : at + at_once]))
    return done


async def all_of(*work: Awaitable[Any]) -> list[Any]:
    """Do several things beside each other, all of them to their end, and then raise what the first of them raised."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found
