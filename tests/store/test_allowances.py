"""A person's day on a real Redis: each message once, each token once, both limits."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis

from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.allowances import Admission, Allowances, DailyLimits, Limit
from bot.store.keys import Keys
from bot.wiring.app import real_sources
from tests.factories import ANA, MEI, TEAM
from tests.redis_server import RedisServer

ADMITTED = Admission(Limit.NONE, is_first=False)


class Day:
    """Allowances under a prefix of their own."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)

    def limited(self, messages: int = 0, tokens: int = 0) -> Allowances:
        """The same counts under such limits, as one more replica sees them."""
        return Allowances(self.redis, self.keys, DailyLimits(messages, tokens), real_sources().now)

    async def passes(self) -> None:
        """Let it be the next day, with what was today's now yesterday's."""
        seconds, _ = await self.redis.time()
        today, home = int(seconds) // 86_400, ThreadRef.home(TEAM, ANA)
        await self.redis.rename(self.keys.used(home, today), self.keys.used(home, today - 1))


@pytest.fixture
async def day(redis_server: RedisServer) -> AsyncGenerator[Day]:
    async with client.connect(redis_server.url) as redis:
        yield Day(redis)


async def test_so_many_messages_are_admitted_by_all_replicas_together(day: Day) -> None:
    replicas = [day.limited(messages=7) for _ in range(3)]

    answers = await asyncio.gather(*(replicas[n % 3].admit(TEAM, ANA, f"m{n}") for n in range(40)))
    assert answers.count(ADMITTED) == 7
    assert answers.count(Admission(Limit.MESSAGES, is_first=True)) == 1
    assert await day.limited(messages=7).admit(TEAM, MEI, "m") == ADMITTED


async def test_a_message_that_is_tried_again_counts_once_also_over_midnight(day: Day) -> None:
    allowances = day.limited(messages=2)
    for _ in range(5):
        assert await allowances.admit(TEAM, ANA, "m1") == ADMITTED
    assert await allowances.admit(TEAM, ANA, "m2") == ADMITTED
    assert (await allowances.admit(TEAM, ANA, "m3")).used_up is Limit.MESSAGES

    await day.passes()
    assert await allowances.admit(TEAM, ANA, "m1") == ADMITTED
    assert [(await allowances.admit(TEAM, ANA, f"n{n}")).used_up for n in range(3)] == [
        *(Limit.NONE, Limit.NONE),
        Limit.MESSAGES,
    ]


async def test_the_first_that_is_refused_is_told_so_however_often_it_is_tried(day: Day) -> None:
    allowances = day.limited(messages=1)
    await allowances.admit(TEAM, ANA, "m1")

    assert [(await allowances.admit(TEAM, ANA, event)).is_first for event in ("m2", "m3", "m2", "m3")] == [
        *(True, False),
        *(True, False),
    ]


async def test_tokens_of_a_run_count_once_however_often_they_are_told(day: Day) -> None:
    allowances = day.limited(tokens=100)
    for used in (30, 30, 60, 40):  # all in all, told late and twice
        await allowances.spend(TEAM, ANA, "run 1", used)
    await allowances.spend(TEAM, ANA, "run 2", 39)
    assert await allowances.admit(TEAM, ANA, "m1") == ADMITTED

    await allowances.spend(TEAM, ANA, "run 2", 40)
    assert await allowances.admit(TEAM, ANA, "m2") == Admission(Limit.TOKENS, is_first=True)
    assert await allowances.admit(TEAM, ANA, "m1") == ADMITTED


async def test_a_run_that_goes_on_over_midnight_counts_what_came_on_top(day: Day) -> None:
    allowances = day.limited(tokens=100)
    await allowances.spend(TEAM, ANA, "run", 90)
    await day.passes()

    await allowances.spend(TEAM, ANA, "run", 150)
    assert await allowances.admit(TEAM, ANA, "m1") == ADMITTED
    await allowances.spend(TEAM, ANA, "run", 190)
    assert (await allowances.admit(TEAM, ANA, "m2")).used_up is Limit.TOKENS


async def test_without_limits_everything_is_admitted_and_nothing_is_kept_for_ever(day: Day) -> None:
    allowances = day.limited()
    for number in range(30):
        assert await allowances.admit(TEAM, ANA, f"m{number}") == ADMITTED
        await allowances.spend(TEAM, ANA, f"m{number}", 10**9)

    keys = [
        key async for key in day.redis.scan_iter(match=f"{day.keys.used(ThreadRef.home(TEAM, ANA), 0)[:-1]}*")
    ]
    assert [await day.redis.ttl(key) > 0 for key in keys] == [True]
