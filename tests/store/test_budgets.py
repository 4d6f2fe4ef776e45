"""Budgets on a real Redis: no two replicas both spend the last cent, and what nobody ends frees itself."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis.asyncio import Redis

from bot.domain.budget import Limits, Payer, Scope, Standing
from bot.domain.budget_errors import BudgetReached
from bot.domain.usage import day_of
from bot.store import client
from bot.store.budgets import Budgets
from bot.store.keys import Keys
from tests.factories import ANA, MEI, SUPPORT, TEAM
from tests.redis_server import RedisServer

CENT = Decimal("0.01")
ROUNDS = 200
LASTS = timedelta(minutes=16)


class Replicas:
    """Two replicas with a connection each, and short words for what they do."""

    def __init__(self, one: Redis, other: Redis) -> None:
        self.redis = one
        self.connections = (one, other)
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)

    def with_limits(self, *, lasts: timedelta = LASTS, **limits: str) -> tuple[Budgets, Budgets]:
        given = Limits(**{name: Decimal(value) for name, value in limits.items()})
        one, other = (Budgets(redis, self.keys, given, lasts=lasts) for redis in self.connections)
        return one, other


def payer(run: str = "", person: str = ANA, channel: str = SUPPORT) -> Payer:
    return Payer(TEAM, channel, person, run or secrets.token_hex(4))


async def holds(budgets: Budgets, by: Payer, most: Decimal = CENT, request: str = "") -> bool:
    try:
        await budgets.hold(by, request or secrets.token_hex(4), most)
    except BudgetReached:
        return False
    return True


async def refused(budgets: Budgets, by: Payer, most: Decimal = CENT) -> tuple[Standing, ...]:
    with pytest.raises(BudgetReached) as caught:
        await budgets.hold(by, secrets.token_hex(4), most)
    return caught.value.short


async def spends(budgets: Budgets, by: Payer, most: str, cost: str) -> None:
    request = secrets.token_hex(4)
    held = await budgets.hold(by, request, Decimal(most))
    await budgets.settle(TEAM, request, held, Decimal(cost))


@pytest.fixture
async def replicas(redis_server: RedisServer) -> AsyncGenerator[Replicas]:
    async with client.connect(redis_server.url) as one, client.connect(redis_server.url) as other:
        yield Replicas(one, other)


async def test_two_replicas_never_both_spend_the_last_cent(replicas: Replicas) -> None:
    one, other = replicas.with_limits(all="0.03", run="0.50")
    for number in range(ROUNDS):
        day = payer(), payer(person=MEI, channel="C2")
        team = f"T{number}"
        mine, theirs = (replace(by, team=team) for by in day)
        held = await one.hold(mine, "first", Decimal("0.02"))
        await one.settle(team, "first", held, Decimal("0.02"))
        # Each is the first to ask in its turn; which of them Redis hears first is a race.
        both = ((one, mine), (other, theirs))[:: -1 if number % 2 else 1]
        went = await asyncio.gather(*(holds(budgets, by) for budgets, by in both))
        assert sorted(went) == [False, True]


async def test_each_budget_is_of_its_own_and_the_narrowest_decides(replicas: Replicas) -> None:
    budgets, _ = replicas.with_limits(run="0.02", person="0.03", channel="0.05", all="0.06")
    ana, also_ana = payer(), payer(channel="C2")
    await spends(budgets, ana, "0.02", "0.02")

    assert [one.scope for one in await refused(budgets, ana)] == [Scope.RUN]
    await spends(budgets, also_ana, "0.01", "0.01")
    assert [one.scope for one in await refused(budgets, payer())] == [Scope.PERSON]
    assert [one.scope for one in await refused(budgets, payer(person=MEI), Decimal("0.04"))] == [
        *(Scope.RUN, Scope.PERSON, Scope.CHANNEL, Scope.ALL)
    ]
    await spends(budgets, payer(person=MEI), "0.02", "0.02")
    assert [one.scope for one in await refused(budgets, payer(person="U3"), Decimal("0.011"))] == [
        *(Scope.CHANNEL, Scope.ALL)
    ]


async def test_what_was_used_takes_the_place_of_what_was_held_once(replicas: Replicas) -> None:
    one, other = replicas.with_limits(run="0.02")
    by = payer()
    held = await one.hold(by, "a", Decimal("0.02"))
    assert (await refused(other, by))[0].held == Decimal("0.02")

    for budgets in (one, other, one):  # what is sent again changes nothing
        await budgets.settle(TEAM, "a", held, Decimal("0.004"))

    short = (await refused(other, by, Decimal("0.0161")))[0]
    assert (short.spent, short.held, short.limit) == (Decimal("0.004"), 0, Decimal("0.02"))
    assert await holds(other, by, Decimal("0.016"))


async def test_a_hold_that_is_sent_again_is_one(replicas: Replicas) -> None:
    one, other = replicas.with_limits(run="0.02")
    by = payer()
    assert await holds(one, by, request="a")
    assert await holds(other, by, request="a")
    assert await holds(one, by)
    assert not await holds(one, by)


async def test_what_died_with_its_process_frees_itself_and_counts_all_the_same_if_it_did_not(
    replicas: Replicas,
) -> None:
    budgets, _ = replicas.with_limits(run="0.01")
    gone, _ = replicas.with_limits(run="0.01", lasts=timedelta(0))
    by = payer()
    held = await gone.hold(by, "dead", CENT)

    assert await holds(budgets, by, request="next")
    assert not await holds(budgets, by)
    await budgets.settle(TEAM, "next", held, Decimal(0))
    await gone.settle(TEAM, "dead", held, CENT)  # it was only slow
    assert (await refused(budgets, by))[0].spent == CENT


async def test_people_raise_a_budget_to_what_they_saw_and_no_further(replicas: Replicas) -> None:
    one, other = replicas.with_limits(run="0.01", person="0.01")
    by = payer()
    await spends(one, by, "0.01", "0.01")
    for budgets in (one, other):  # done once more it changes nothing
        await budgets.raise_to(
            by, {Scope.RUN: Decimal("0.03"), Scope.PERSON: Decimal("0.02")}, await one.date()
        )
    await one.raise_to(by, {Scope.RUN: Decimal("0.02")}, "")  # agreed to before, done late

    assert await holds(other, by)
    short = await refused(other, by)
    assert [(s.scope, s.limit, s.step) for s in short] == [(Scope.PERSON, Decimal("0.02"), CENT)]
    assert not await holds(one, payer())  # of the person's day; another run
    assert await holds(one, payer(person=MEI))


async def test_a_day_is_raised_for_itself_alone(replicas: Replicas) -> None:
    budgets, _ = replicas.with_limits(all="0.01")
    today = await budgets.date()
    yesterday = (datetime.fromisoformat(today) - timedelta(days=1)).date().isoformat()
    assert day_of(datetime.fromisoformat(f"{today}T12:00:00").replace(tzinfo=UTC)) > 0
    await budgets.raise_to(payer(), {Scope.ALL: Decimal(5)}, yesterday)
    assert not await holds(budgets, payer(), Decimal("0.02"))
    await budgets.raise_to(payer(), {Scope.ALL: Decimal(5)}, today)
    assert await holds(budgets, payer(), Decimal("0.02"))


async def test_one_run_tells_that_a_budget_is_nearly_used_up(replicas: Replicas) -> None:
    one, other = replicas.with_limits(run="0.10", all="0.10")
    first, second = payer("first"), payer("second")
    await spends(one, first, "0.079", "0.079")
    assert await one.near(first) == []
    await spends(one, second, "0.001", "0.001")

    told = await one.near(second)
    assert [(one.scope, one.limit) for one in told] == [(Scope.ALL, Decimal("0.10"))]
    assert await other.near(second) == told
    assert await other.near(first) == []


async def test_sums_are_exact_to_the_last_digit_and_nothing_is_kept_for_ever(replicas: Replicas) -> None:
    budgets, _ = replicas.with_limits(all="1")
    for _ in range(3):
        await spends(budgets, payer(), "0.5", "0.000000000001")
    short = (await refused(budgets, payer(), Decimal(1)))[0]
    assert short.spent == Decimal("0.000000000003")
    keys = [key async for key in replicas.redis.scan_iter(match=f"{replicas.keys.prefix}:*")]
    assert len(keys) == 2
    assert all([await replicas.redis.pttl(key) > 0 for key in keys])
