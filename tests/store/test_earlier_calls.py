"""Sums and counts on a real Redis: no two replicas stay below a limit that both together exceed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.approvals import earlier as rules
from bot.domain.approvals.condition import Call
from bot.domain.approvals.earlier import EarlierCall, looked_at
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.totals import count, total
from bot.domain.errors import NotConfirmed
from bot.store import client
from bot.store.earlier_calls import EarlierCalls, Looked
from bot.store.keys import Keys
from bot.store.sealer import Sealer, key_names
from tests.factories import ANA, NOON, TEAM
from tests.redis_server import RedisServer

POLICY = Policy(
    ask("finance", when=total("amount", per="invoice_id", days=30, over=100)),
    ask("finance", when=count(per="requester", hours=1, over=5)),
)
ROUNDS = 200


class Tool:
    """Calls of one tool, as two replicas with a connection each decide about them."""

    def __init__(self, one: Redis, other: Redis, policy: Policy = POLICY) -> None:
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)
        self.secret = Fernet.generate_key().decode()
        self.policy = policy
        self.redis = one
        self.now = NOON
        self.replicas = [EarlierCalls(redis, self.keys, Sealer([self.secret])) for redis in (one, other)]

    def seen(self, effect: str, amount: str, *, by: str = ANA, **arguments: Any) -> tuple[Looked, Call]:
        given = {"invoice_id": "INV-1003", "amount": amount, "currency": "USD"} | arguments
        noted = EarlierCall(effect, self.now, by, looked_at(self.policy.looks, given), is_open=True)
        return Looked(TEAM, "pay", self.policy.looks, noted), Call(
            "pay", given, by, "C0SUPPORT1", now=self.now
        )

    async def is_free(self, effect: str, amount: str, *, at: int = 0, **more: Any) -> bool:
        """Whether nobody has to be asked about a call, which counts then."""
        looked, call = self.seen(effect, amount, **more)
        judge = self.judge_of(call)
        return not await self.replicas[at].let_go(looked, judge, lambda needs: not needs, self.now)

    async def begins(
        self, effect: str, amount: str, *, agreed: bool = True, at: int = 0, **more: Any
    ) -> bool:
        """Whether a call may begin; `agreed` where people were asked."""
        looked, call = self.seen(effect, amount, **more)
        judge = self.judge_of(call)
        begun = await self.replicas[at].begin(looked, lambda e: agreed or not judge(e), self.now)
        return begun is not None

    async def give_back(self, effect: str, amount: str) -> None:
        await self.replicas[0].give_back(self.seen(effect, amount)[0], self.now)

    def judge_of(self, call: Call) -> Any:
        def judge(earlier: Sequence[EarlierCall] | None) -> object:
            return self.policy.requirements(replace(call, earlier=earlier))

        return judge


@pytest.fixture
async def tool(redis_server: RedisServer) -> AsyncGenerator[Tool]:
    async with client.connect(redis_server.url) as one, client.connect(redis_server.url) as other:
        yield Tool(one, other)


async def test_of_two_replicas_at_most_one_gets_the_last_bit_of_a_limit(tool: Tool) -> None:
    both = 0
    for number in range(ROUNDS):
        invoice: dict[str, Any] = {"invoice_id": f"INV-{number}", "by": f"U{number}"}
        assert await tool.is_free(f"first {number}", "60.00", **invoice)
        won = await asyncio.gather(
            *(tool.is_free(f"{at} {number}", "40.00", at=at, **invoice) for at in (0, 1))
        )
        assert sum(won) == 1
        both += sum(won)

    assert both == ROUNDS


async def test_a_repeated_call_counts_once_and_keeps_what_was_decided_of_it(tool: Tool) -> None:
    for _ in range(3):
        assert await tool.is_free("a", "60.00")
    assert await tool.is_free("b", "40.00")
    assert not await tool.is_free("c", "0.01")
    assert await tool.begins("c", "90.00")
    assert await tool.is_free("a", "60.00", at=1)
    assert await tool.begins("a", "60.00", agreed=False)
    assert await tool.is_free("a", "60.00")


async def test_what_people_agreed_to_counts_when_it_begins_and_what_was_not_made_is_given_back(
    tool: Tool,
) -> None:
    assert await tool.begins("large", "90.00")
    assert not await tool.is_free("small", "20.00")
    await tool.give_back("large", "90.00")
    assert await tool.is_free("small", "20.00")
    assert not await tool.begins("large", "90.00", agreed=False)


async def test_by_what_was_foreseen_a_call_begins_only_if_it_is_so_still(tool: Tool) -> None:
    looked, call = tool.seen("late", "40.00")
    one, other = tool.replicas
    judge = tool.judge_of(call)
    foreseen = await one.foresee(looked)
    assert await tool.begins("quick", "70.00", at=1)  # meanwhile

    assert not await one.begin(looked, lambda e: not judge(e), tool.now, foreseen)
    foreseen = await one.foresee(looked)
    await other.give_back(tool.seen("quick", "70.00")[0], tool.now)  # what speaks against it may be over, too
    assert await one.begin(looked, lambda e: not judge(e), tool.now, foreseen)


async def test_a_window_moves_on_with_the_clock(tool: Tool) -> None:
    for number in range(5):
        assert await tool.begins(f"{number}", "1.00", agreed=False)
    assert not await tool.is_free("sixth", "1.00", invoice_id="INV-1")
    assert await tool.is_free("of another", "1.00", by="U0MEI00001")
    tool.now += timedelta(hours=1)
    assert await tool.is_free("sixth", "1.00")


async def test_what_has_not_begun_counts_as_now_however_long_it_waits(tool: Tool) -> None:
    for number in range(5):
        assert await tool.is_free(f"{number}", "1.00")
    tool.now += timedelta(hours=5)
    assert not await tool.is_free("sixth", "1.00")
    for number in range(5):
        assert await tool.begins(f"{number}", "1.00", agreed=False)
    tool.now += timedelta(minutes=59)
    assert not await tool.is_free("sixth", "1.00")


async def test_calls_that_cannot_be_read_are_asked_about_until_they_would_not_count_any_more(
    tool: Tool,
) -> None:
    assert await tool.is_free("a", "1.00")
    async for key in tool.redis.scan_iter(match=f"{tool.keys.prefix}:*"):
        await tool.redis.set(key, b"rubbish")
    assert not await tool.is_free("b", "1.00")
    assert await tool.begins("c", "1.00")
    tool.now += timedelta(days=29)
    assert not await tool.is_free("d", "1.00")
    tool.now += timedelta(days=2)
    assert await tool.is_free("d", "1.00")


async def test_a_key_that_is_missing_here_leaves_the_calls_for_who_has_it(tool: Tool) -> None:
    assert await tool.is_free("a", "60.00")
    other = Fernet.generate_key().decode()
    stranger = Sealer([other], elsewhere=key_names([tool.secret]))
    mine, tool.replicas[0] = tool.replicas[0], EarlierCalls(tool.redis, tool.keys, stranger)
    assert not await tool.is_free("b", "1.00")
    with pytest.raises(NotConfirmed):
        await tool.begins("c", "1.00")
    tool.replicas[0] = mine
    assert await tool.is_free("b", "40.00")


def test_beyond_what_is_kept_people_are_asked() -> None:
    page = rules.Page()
    for number in range(rules.MOST + 1):
        page = page.put(EarlierCall(f"{number}", NOON, ANA, {}), timedelta(days=1), NOON)

    assert len(page.calls) == rules.MOST
    assert not page.knows(timedelta(days=1), NOON)
    assert page.knows(timedelta(days=1), NOON + timedelta(days=1))


async def test_nothing_of_a_call_is_readable_in_redis(tool: Tool) -> None:
    assert await tool.is_free("a", "60.00")
    stored = {
        key: await tool.redis.get(key) async for key in tool.redis.scan_iter(match=f"{tool.keys.prefix}:*")
    }

    assert len(stored) == 2
    assert len({key.partition(b"}")[0] for key in stored}) == 1
    assert not any(
        b"INV-1003" in key + (value or b"") or ANA.encode() in key for key, value in stored.items()
    )
    assert all([await tool.redis.pttl(key) > 0 for key in stored])
