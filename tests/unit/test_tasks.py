"""Tasks that are to end do end."""

from __future__ import annotations

import asyncio

from bot.domain.tasks import end


async def test_a_task_that_takes_its_first_cancellation_for_a_timeout_ends_all_the_same() -> None:
    swallowed = 0
    started = asyncio.Event()

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                started.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await started.wait()
    await end(task)

    assert (task.cancelled(), swallowed) == (True, 1)


async def test_what_an_ending_task_raises_is_dropped() -> None:
    async def fails() -> None:
        raise RuntimeError

    await end(asyncio.create_task(fails()))
