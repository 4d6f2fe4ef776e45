"""Commands of one moment, which share a round trip and nothing else."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from redis.exceptions import ResponseError

from bot.store import client
from tests.redis_server import RedisServer

MANY = 16
#: Seconds after which an answer does not come any more.
PATIENCE = 10


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncGenerator[Any]:
    async with client.connect(redis_server.url) as redis:
        yield redis


@pytest.fixture
def key() -> str:
    return f"t{secrets.token_hex(4)}"


async def test_what_is_asked_at_one_moment_goes_in_one_round_trip(redis: Any, key: str) -> None:
    before = (await redis.info("stats"))["total_reads_processed"]
    counted = await asyncio.gather(*(redis.incr(key) for _ in range(MANY)))
    used = (await redis.info("stats"))["total_reads_processed"] - before

    assert counted == [*range(1, MANY + 1)]
    assert used < MANY / 2  # another client of this server may ask something meanwhile


async def test_an_error_is_of_the_command_that_met_it(redis: Any, key: str) -> None:
    await redis.set(key, "a")
    asked = (redis.get(key), redis.incr(key), redis.set(key, {}), redis.strlen(key))
    read, wrong, unsendable, length = await asyncio.gather(*asked, return_exceptions=True)

    assert (read, length) == (b"a", 1)
    assert isinstance(wrong, ResponseError)
    assert isinstance(unsendable, Exception)


async def test_who_is_cut_off_cuts_off_nobody_else(redis: Any, key: str) -> None:
    cut = asyncio.create_task(redis.set(key, "a"))
    other = asyncio.create_task(redis.incr(f"{key}:other"))
    asyncio.get_running_loop().call_soon(cut.cancel)  # behind the first steps of both

    async with asyncio.timeout(PATIENCE):
        assert await other == 1
    assert cut.cancelled() or await cut
