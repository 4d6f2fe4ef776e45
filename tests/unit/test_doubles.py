"""One message that Slack tells of twice: the second is a double of what is stored, and of nothing else."""

from __future__ import annotations

import asyncio

import pytest

from bot.store.doubles import Doubles
from bot.store.inbox import Appended


class Door:
    """Answers appends one by one, when it is told how."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[asyncio.Future[Appended]] = asyncio.Queue()

    async def append(self) -> Appended:
        answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait(answer)
        return await answer


async def twice(
    doubles: Doubles, door: Door
) -> tuple[asyncio.Future[Appended], list[asyncio.Task[Appended]]]:
    """Two deliveries, the second while the first is under way."""
    first = asyncio.create_task(doubles.once("m1", door.append))
    answer = await door.asked.get()
    return answer, [first, asyncio.create_task(doubles.once("m1", door.append))]


async def test_the_second_is_a_double_once_the_first_is_stored() -> None:
    doubles, door = Doubles(), Door()
    answer, both = await twice(doubles, door)
    answer.set_result(Appended.STORED)

    assert await asyncio.gather(*both) == [Appended.STORED, Appended.DUPLICATE]
    assert await doubles.once("m1", door.append) is Appended.DUPLICATE
    assert door.asked.empty()


async def test_behind_a_first_that_failed_the_second_is_stored_itself() -> None:
    doubles, door = Doubles(), Door()
    answer, (first, second) = await twice(doubles, door)
    answer.set_exception(TimeoutError())
    with pytest.raises(TimeoutError):
        await first
    async with asyncio.timeout(10):
        (await door.asked.get()).set_result(Appended.STORED)

    assert await second is Appended.STORED


async def test_behind_a_first_that_was_for_nobody_the_second_is_stored_itself() -> None:
    doubles, door = Doubles(), Door()
    answer, both = await twice(doubles, door)
    answer.set_result(Appended.UNKNOWN_THREAD)
    async with asyncio.timeout(10):
        (await door.asked.get()).set_result(Appended.STORED)

    assert await asyncio.gather(*both) == [Appended.UNKNOWN_THREAD, Appended.STORED]
