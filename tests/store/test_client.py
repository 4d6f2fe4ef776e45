"""How the bot's clients talk to Redis."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Connection, Redis

from bot.store import client
from tests.redis_server import RedisServer


@pytest.mark.parametrize(
    "words",
    [
        ("SET", "key", b"\x00\xff\r\n", "PX", 90_000),
        ("EVALSHA", "0" * 40, 1, "Ключ", "", -1, 0.5, 1e22, 2**53),
        ("CONFIG GET", "appendonly"),
        ("HSET", "key", "field", b"x" * 100_000),
        ("PING",),
    ],
)
async def test_commands_are_the_bytes_that_redis_py_would_send(
    redis_server: RedisServer, words: tuple[Any, ...]
) -> None:
    async with client.connect(redis_server.url) as redis:
        connection = redis.connection_pool.make_connection()

    assert b"".join(connection.pack_command(*words)) == b"".join(Connection().pack_command(*words))


async def test_what_cannot_be_sent_leaves_the_connection_in_order(redis_server: RedisServer) -> None:
    async with client.connect(redis_server.url) as redis:
        for value in (None, True, ["a"], "\ud800"):
            with pytest.raises((TypeError, UnicodeEncodeError)):
                await redis.execute_command("SET", "test:client", value)

        await _answers(redis)


async def _answers(redis: Redis) -> None:
    assert await redis.execute_command("SET", "test:client", "as before")
    assert await redis.execute_command("GET", "test:client") == b"as before"
    await redis.execute_command("DEL", "test:client")
