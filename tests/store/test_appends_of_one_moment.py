"""Appends of one moment, which share a round trip and nothing else."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from bot.domain.events import MessageReceived
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.inbox import Appended, Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from tests.factories import ANA, SUPPORT, TEAM
from tests.redis_server import RedisServer

MANY = 16


class Door:
    """An inbox under a prefix of its own."""

    def __init__(self, redis: Redis) -> None:
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)
        sealer = Sealer([Fernet.generate_key().decode()])
        ttl, lease = timedelta(hours=25), timedelta(seconds=30)
        self.inbox = Inbox(redis, self.keys, sealer, dedupe_ttl=ttl, lease=lease)

    async def append(self, number: int, event_id: str = "") -> Appended:
        """Take in a message of a thread of its own."""
        event = MessageReceived(f"1795435200.{number:06d}", ANA, f"message {number}", addressed=True)
        return await self.inbox.append(
            thread(number), event, event_ids=(event_id or f"msg:{number}",), order=event.ts, participant=ANA
        )

    async def holds(self, number: int) -> bool:
        """Whether it waits in its thread."""
        return await self.inbox.holds(thread(number), f"msg:{number}")


def thread(number: int) -> ThreadRef:
    return ThreadRef(TEAM, SUPPORT, f"1795435200.{number:06d}")


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncGenerator[Redis]:
    async with client.connect(redis_server.url) as redis:
        yield redis


@pytest.fixture
async def door(redis: Redis) -> Door:
    door = Door(redis)
    await door.append(0)  # the server knows the script
    return door


async def reads(redis: Redis) -> int:
    """How often the server has read from any connection."""
    return (await redis.info("stats"))["total_reads_processed"]


async def test_what_comes_at_one_moment_goes_in_one_round_trip(door: Door, redis: Redis) -> None:
    before = await reads(redis)
    answers = await asyncio.gather(*(door.append(number) for number in range(1, MANY + 1)))
    used = await reads(redis) - before

    assert answers == [Appended.STORED] * MANY
    assert (
        used < MANY / 2
    )  # another client of this server may ask something meanwhile, and it is read in pieces
    assert all([await door.holds(number) for number in range(1, MANY + 1)])


async def test_each_has_its_own_answer(door: Door) -> None:
    answers = await asyncio.gather(*(door.append(number) for number in (1, 0, 2, 1)))

    assert answers == [Appended.STORED, Appended.DUPLICATE, Appended.STORED, Appended.DUPLICATE]


async def test_an_error_is_of_the_call_that_met_it(door: Door, redis: Redis) -> None:
    await redis.set(door.keys.inbox(thread(2)), "damaged")
    one, damaged, other = await asyncio.gather(*map(door.append, (1, 2, 3)), return_exceptions=True)

    assert (one, other) == (Appended.STORED, Appended.STORED)
    assert isinstance(damaged, ResponseError)


async def test_what_cannot_be_sent_keeps_nothing_else_away(door: Door) -> None:
    poison = door.append(2, event_id="msg:\ud800")
    one, damaged, other = await asyncio.gather(door.append(1), poison, door.append(3), return_exceptions=True)

    assert (one, other) == (Appended.STORED, Appended.STORED)
    assert isinstance(damaged, UnicodeEncodeError)


async def test_a_server_that_has_lost_the_script_is_given_it_again(door: Door, redis: Redis) -> None:
    await redis.script_flush()
    answers = await asyncio.gather(*map(door.append, (1, 2, 0)))

    assert answers == [Appended.STORED, Appended.STORED, Appended.DUPLICATE]


async def test_who_is_cut_off_takes_nobody_along(door: Door) -> None:
    cut, other = (asyncio.create_task(door.append(number)) for number in (1, 2))
    asyncio.get_running_loop().call_soon(cut.cancel)  # when both have begun to wait
    await asyncio.wait({cut, other})

    assert (cut.cancelled(), other.cancelled()) == (True, False)
    assert other.result() is Appended.STORED


async def test_where_no_answer_comes_nobody_has_one() -> None:
    server = RedisServer()
    server.start()
    try:
        async with client.connect_for_acks(server.url) as redis:
            door = Door(redis)
            await door.append(0)
            server.kill()
            answers = await asyncio.gather(*map(door.append, (1, 2)), return_exceptions=True)
    finally:
        server.remove()

    assert [type(answer) for answer in answers] == [RedisConnectionError] * 2
