"""Many people ask at once: whose message waits long is told so, once, and the answer takes the place of the words."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.world import ANA, MEI, THEO, World

ONE_SLOT = {"WORKER_CONCURRENCY": "1", "LONG_WAIT_SECONDS": "1"}
TOLD = "Many people are asking right now"


@asynccontextmanager
async def busy(world: World) -> AsyncGenerator[None]:
    """Let somebody else's message hold the only slot while the block runs."""
    async with world.model.held():
        await world.asks("show me INV-1005", user=MEI)
        await world.slack.until(lambda: any("Thinking" in said for said in world.said()))
        yield


async def test_who_waits_long_is_told_so_once_and_is_answered_in_the_same_message(world: World) -> None:
    async with world.bot(**ONE_SLOT, STEER="wait"):
        async with busy(world):
            thread = await world.asks("show me INV-1003")
            await world.asks("show me INV-1003", thread=thread)
            other = await world.asks("show me INV-1003", user=THEO)
            await world.hears(other, TOLD)
            told = await world.hears(thread, TOLD)
        await world.slack.until(lambda: len(world.done(thread)) == 2)

    assert "Hazel & Co" in told.shown
    assert told.edits
    assert not any(TOLD in said for said in world.said())
    assert [len(world.replies(one)) for one in (thread, other)] == [2, 1]


async def test_a_reset_ends_what_says_that_a_message_waits(world: World) -> None:
    async with world.bot(**ONE_SLOT):
        async with busy(world):
            thread = await world.asks("show me INV-1003")
            told = await world.hears(thread, TOLD)
            await world.asks("reset", thread=thread)
            await world.hears(thread, "Forgotten, as asked")
        await world.slack.until(lambda: "reset before I had answered" in told.shown)

    assert len(world.replies(thread)) == 2


async def test_who_has_used_up_their_messages_reads_it_where_it_said_that_they_wait(world: World) -> None:
    async with world.bot(**ONE_SLOT, MESSAGES_PER_PERSON_PER_DAY="1"):
        await world.hears(await world.asks("show me INV-1003", user=ANA), "Hazel & Co")
        async with busy(world):
            threads = [await world.asks("show me INV-1003", user=ANA) for _ in range(2)]
            for thread in threads:
                await world.hears(thread, TOLD)
        for thread in threads:
            await world.hears(thread, "midnight UTC")

    assert [len(world.replies(thread)) for thread in threads] == [1, 1]
