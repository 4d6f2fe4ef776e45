"""What Redis wrote half of before a power loss: it is no more, once the append-only file is written anew."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import client
from bot.store.epoch import Epoch
from bot.store.keys import Keys
from tests.chaos.succession import Succession
from tests.redis_server import RedisServer, is_rewriting

SCRIPT = "redis.call('SET', 'one', '1') redis.call('SET', 'two', '2') redis.call('SET', 'three', '3')"
#: Bytes from within the last write of the script to its end: `EXEC` and a part of `SET three 3`.
HALF = 24


async def test_the_half_of_a_script_does_not_come_back_at_the_second_start() -> None:
    redis = Succession()
    redis.start()
    try:
        await told(redis, "EVAL", SCRIPT, 0)
        written = redis.written
        await redis.kill()
        redis.forget_after(written - HALF)
        await redis.begin()
        await redis.write_anew()
        await told(redis, "SET", "later", "1")
        await redis.restart()
        assert await told(redis, "KEYS", "*") == [b"later"]
    finally:
        redis.remove()


async def test_the_file_is_written_anew_once_since_redis_began() -> None:
    redis, keys = RedisServer(), Keys("half", 1)
    redis.start()
    try:
        async with client.connect(redis.url) as connection:
            await Epoch(connection, keys).since()
            assert not await is_written_anew(redis)
            await told(redis, "EVAL", SCRIPT, 0)
            redis.lose_power(redis.written - HALF)
            assert not (await Epoch(connection, keys).since()).is_settled
            for _ in range(2):  # each look does until history is read
                await Epoch(connection, keys).write_anew()
        assert await is_written_anew(redis)
        await told(redis, "SET", "later", "1")
        redis.stop()
        redis.start()
        assert set(await told(redis, "KEYS", "*")) == {b"later", keys.epoch().encode()}
    finally:
        redis.remove()


@pytest.mark.parametrize("appendonly", ["yes", "no"])
async def test_a_redis_that_may_not_or_need_not_write_it_anew_is_left_as_it_is(
    appendonly: str, caplog: pytest.LogCaptureFixture
) -> None:
    redis, keys = RedisServer(appendonly=appendonly), Keys("half", 1)
    redis.start()
    try:
        async with client.connect(redis.url) as connection:
            await Epoch(connection, keys).since()
            await told(redis, "HSET", keys.epoch(), "run_id", "before")
            await told(redis, "ACL", "SETUSER", "default", "-bgrewriteaof")
            assert not (await Epoch(connection, keys).since()).is_settled
            for _ in range(2):  # each look does until history is read
                await Epoch(connection, keys).write_anew()
        assert not await is_written_anew(redis)
        assert ("did not begin to write" in caplog.text) is (appendonly == "yes")
    finally:
        redis.remove()


async def is_written_anew(redis: RedisServer) -> bool:
    """Whether it has written its append-only file anew since its start, once it is at rest."""
    while is_rewriting(info := await told(redis, "INFO", "persistence")):
        continue
    return bool(info["aof_last_rewrite_time_sec"] >= 0)


async def told(redis: Succession | RedisServer, *command: str | int) -> Any:
    async with client.connect(redis.url) as connection:
        return await connection.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
