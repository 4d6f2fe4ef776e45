"""Listening to an answer: each wait ends in its time, and a cancellation stays one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.agents.bad_end import BadEnd
from bot.agents.hearing import Silence, Wait, heard

#: Longer than any wait of these tests; it ends, so that they fail where a wait does not.
LONG = 30.0


async def passing(seconds: float) -> None:
    """Wait for what never comes, for so long."""
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=seconds)


async def saying(*pauses: float) -> AsyncIterator[str]:
    """A word behind each pause."""
    for pause in pauses:
        await passing(pause)
        yield "word"


async def test_silence_in_mid_answer_ends_it_though_its_beginning_took_long() -> None:
    words = heard(saying(0, 0, LONG), Silence(2.0, 2.5))
    assert [await anext(words), await anext(words)] == ["word", "word"]
    with pytest.raises(BadEnd) as ended:
        await anext(words)

    assert not ended.value.may_repeat


async def test_a_wait_that_ends_sooner_than_the_one_before_it_ends_then() -> None:
    words = heard(saying(0, LONG / 4), Silence(LONG, 0.2))
    assert await anext(words) == "word"
    with pytest.raises(BadEnd):
        await anext(words)


async def test_who_is_cancelled_while_listening_is_not_told_of_a_timeout() -> None:
    began = asyncio.Event()

    async def listen() -> None:
        async for _ in heard(saying(0, LONG), Silence(LONG, LONG)):
            began.set()

    listening = asyncio.create_task(listen())
    await began.wait()
    listening.cancel()

    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_a_wait_that_has_ended_ends_nothing_else() -> None:
    wait = Wait()
    with wait.until(wait.loop.time() + LONG):
        await passing(0)
    wait._ring()  # pyright: ignore[reportPrivateUsage] - nobody waits by then
    with wait.until(wait.loop.time() + LONG):
        await passing(0)
    wait.close()

    assert not wait.is_over


async def test_a_timeout_of_ours_leaves_no_cancellation_behind() -> None:
    wait, task = Wait(), asyncio.current_task()
    with pytest.raises(TimeoutError), wait.until(wait.loop.time() + 0.05):
        await passing(LONG)

    assert wait.is_over
    assert task is not None
    assert task.cancelling() == 0
