"""What Redis wrote half of before a power loss: it is no more, once the append-only file is written anew."""

from __future__ import annotations

from typing import Any

from bot.store import client
from tests.chaos.succession import Succession

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


async def told(redis: Succession, *command: str | int) -> Any:
    async with client.connect(redis.url) as connection:
        return await connection.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
