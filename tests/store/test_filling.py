"""Who reads Slack's history does it alone, for as long as it lives and not for longer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.store import client, hearing
from bot.store.hearing import Hearing
from bot.store.keys import Keys
from tests.redis_server import RedisServer


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncGenerator[Redis]:
    async with client.connect(redis_server.url) as made:
        yield made


@pytest.fixture
def keys() -> Keys:
    return Keys(f"t{secrets.token_hex(4)}", 4)


async def test_a_replica_that_died_while_it_read_holds_nobody_up_for_minutes(
    redis: Redis, keys: Keys
) -> None:
    async with Hearing(redis, keys).filling() as is_alone:
        assert is_alone
        assert 0 < await redis.pttl(keys.filling()) <= 15_000
    assert not await redis.exists(keys.filling())


async def test_a_replica_that_reads_for_long_stays_alone(
    redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "FILLING", timedelta(seconds=0.6))
    async with Hearing(redis, keys).filling():
        prolonged, left = 0, await redis.pttl(keys.filling())
        async with asyncio.timeout(30):
            while prolonged < 4 and left > 0:  # it has lapsed where nobody prolongs it
                before, left = left, await redis.pttl(keys.filling())
                prolonged += left > before
        assert prolonged == 4
        async with Hearing(redis, keys).filling() as is_alone:
            assert not is_alone


async def test_who_lost_its_right_to_read_alone_leaves_the_other_in_peace(
    redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "FILLING", timedelta(seconds=0.3))
    async with Hearing(redis, keys).filling():
        await redis.set(keys.filling(), "another")
    assert await redis.get(keys.filling()) == b"another"
