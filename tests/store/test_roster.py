"""The roster against a real Redis: who starts first decides, and nobody who differs starts after."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from redis.asyncio import Redis

from bot.background.presence import Presence
from bot.domain.errors import CannotStart
from bot.domain.roster import Replica, joined
from bot.store import client
from bot.store.keys import Keys
from bot.store.roster import Roster
from bot.telemetry.metrics import Metrics
from tests.redis_server import RedisServer

T = TypeVar("T")
LONG = timedelta(hours=1)


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncGenerator[Redis]:
    async with client.connect(redis_server.url) as made:
        yield made


@pytest.fixture
def one() -> Replica:
    """A replica of a workspace that no other test has."""
    team = f"T{secrets.token_hex(4)}"
    return Replica(secrets.token_hex(4), "host", 4, team, "U1", "old", "k1", ("k1",))


def presence(redis: Redis, replica: Replica, *, prefix: str = "", ttl: timedelta = LONG) -> Presence:
    prefix = prefix or replica.team.lower()
    return Presence(Roster(redis, Keys(prefix, replica.shards), ttl), replica, prefix)


async def soon(what: Awaitable[T]) -> T:
    """Wait for something that has to come."""
    async with asyncio.timeout(10):
        return await what


async def refusal(waiting: Presence) -> str:
    """Why it may not join; empty where it may."""
    try:
        await waiting.join()
    except CannotStart as error:
        return str(error)
    return ""


async def test_of_many_first_starters_that_differ_one_layout_serves(redis: Redis, one: Replica) -> None:
    many = [replace(one, id=f"r{number}", shards=3 + number % 2) for number in range(20)]
    said = await asyncio.gather(*(refusal(presence(redis, replica)) for replica in many))

    let_in = {replica.shards for replica, why in zip(many, said, strict=True) if not why}
    assert len(let_in) == 1
    (laid_out,) = let_in
    assert {why for why in said if why} == {why for why in said if f"laid out with {laid_out}" in why}
    assert sum(not why for why in said) == 10
    register = await Roster(redis, Keys(one.team.lower(), 4), LONG).read()
    assert len(register.living) == 10


async def test_the_layout_counts_when_nobody_lives_any_more(redis: Redis, one: Replica) -> None:
    first = presence(redis, one)
    await first.join()
    await first.leave()

    assert "REDIS_SHARDS is 3" in await refusal(presence(redis, replace(one, id="r2", shards=3)))
    assert "workspace T0" in await refusal(
        presence(redis, replace(one, id="r3", team="T0"), prefix=one.team.lower())
    )
    assert await refusal(presence(redis, replace(one, id="r4"))) == ""


async def test_one_bot_stores_under_one_prefix(redis: Redis, one: Replica) -> None:
    elsewhere = f"x{one.team.lower()[:8]}"
    said = await asyncio.gather(
        refusal(presence(redis, one)), refusal(presence(redis, replace(one, id="r2"), prefix=elsewhere))
    )

    assert min(said) == ""
    assert "REDIS_PREFIX is" in max(said)
    assert await refusal(presence(redis, replace(one, id="r3", bot="U2"), prefix=f"y{elsewhere}")) == ""


async def test_a_roster_that_changed_since_it_was_read_is_not_written(redis: Redis, one: Replica) -> None:
    roster = Roster(redis, Keys(one.team.lower(), 4), LONG)
    before = await roster.read()
    assert await roster.enroll(before, joined(one, before), one)

    late = replace(one, id="late", policies="new")
    assert not await roster.enroll(before, joined(late, before), late)
    assert [replica.id for replica in (await roster.read()).living] == [one.id]


async def test_who_would_seal_with_a_key_that_others_lack_is_refused_until_they_are_gone(
    redis: Redis, one: Replica
) -> None:
    ttl = timedelta(seconds=0.5)
    first = presence(redis, one, ttl=ttl)
    await first.join()
    rotated = replace(one, id="r2", seals_with="k2", opens=("k2", "k1"))
    beating = asyncio.create_task(first.keep(lambda _: None, _never, Metrics()))

    assert "Put the new key behind" in await refusal(presence(redis, rotated, ttl=ttl))

    beating.cancel()  # dead, but on the roster for a while: it is waited for
    assert await refusal(presence(redis, rotated, ttl=ttl)) == ""


async def test_new_policies_put_those_to_rest_who_have_the_earlier_ones(redis: Redis, one: Replica) -> None:
    ttl = timedelta(seconds=1)
    first, second = (
        presence(redis, one, ttl=ttl),
        presence(redis, replace(one, id="r2", policies="new"), ttl=ttl),
    )
    await first.join()
    told: asyncio.Queue[bool] = asyncio.Queue()
    keeping = asyncio.create_task(first.keep(told.put_nowait, _never, Metrics()))
    assert await soon(told.get()) is False

    await second.join()
    assert await soon(told.get()) is True
    third = presence(redis, replace(one, id="r3"), ttl=ttl)
    await third.join()
    assert (second.rests, third.rests) == (False, True)  # started again with the earlier ones: it rests

    await second.leave()
    assert await soon(told.get()) is False  # nobody has the new ones any more
    keeping.cancel()


async def test_one_whose_store_was_emptied_and_laid_out_anew_gives_up(redis: Redis, one: Replica) -> None:
    ttl = timedelta(seconds=1)
    first = presence(redis, one, ttl=ttl)
    await first.join()
    await redis.delete(Keys(one.team.lower(), 4).roster())
    await presence(redis, replace(one, id="r2", shards=3), ttl=ttl).join()
    told: list[str] = []

    async def give_up(why: str) -> None:
        told.append(why)

    await soon(first.keep(lambda _: None, give_up, Metrics()))
    assert "laid out with 3" in told[0]


async def test_one_that_redis_forgot_enrolls_again(redis: Redis, one: Replica) -> None:
    first = presence(redis, one, ttl=timedelta(seconds=0.5))
    await first.join()
    roster = Roster(redis, Keys(one.team.lower(), 4), LONG)
    await redis.delete(Keys(one.team.lower(), 4).roster())
    keeping = asyncio.create_task(first.keep(lambda _: None, _never, Metrics()))
    async with asyncio.timeout(10):
        while not (await roster.read()).living:
            pass
    keeping.cancel()


async def _never(why: str) -> None:
    raise AssertionError(why)
