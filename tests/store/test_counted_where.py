"""A call that counts for a limit begins only in the Redis that has counted it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import cast

import pytest
from cryptography.fernet import Fernet

from bot.agents.approved_tools import ApprovedTools
from bot.agents.context import Permit
from bot.conversation.journal import Counting, Journal
from bot.conversation.judging import Judging
from bot.domain.approvals.approval import canonical
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.totals import total
from bot.domain.errors import LeaseLost
from bot.domain.run import PendingCall
from bot.slack.approvers import Approvers
from bot.store import client
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.earlier_calls import EarlierCalls, Foreseen, Judge, Looked
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from tests.factories import NOON, THREAD
from tests.redis_server import RedisServer
from tests.store.test_earlier_calls import Tool
from tests.store.test_effects import Effects, a_permit, approved
from tests.tools import gift, give_money

ON_DISK = Confirmation(WaitFor.DISK, timedelta(seconds=20))


@pytest.fixture
async def confirming() -> AsyncGenerator[RedisServer]:
    made = RedisServer.confirming(appendfsync="everysec")
    made.start()
    yield made
    made.remove()


@pytest.mark.parametrize("confirmation", [None, ON_DISK], ids=["not waited for", "on disk"])
async def test_a_call_whose_count_a_power_loss_took_does_not_begin_uncounted(
    confirming: RedisServer, confirmation: Confirmation | None
) -> None:
    async with client.connect(confirming.url) as redis:
        effects, tool = Effects(redis, confirmation), Tool(redis, redis)
        h, permit = await effects.handling(), a_permit(approved())
        losses = [confirming.written]

        async def begins(one: Permit, is_repeated: bool) -> str | None:
            looked, _ = tool.seen(one.effect, "90.00")
            begun = await tool.replicas[0].begin(looked, lambda earlier: True, NOON)
            if losses:
                confirming.lose_power(losses.pop())
            return begun

        async def beside() -> Writes:
            return Writes()

        journal = Journal(h, effects.threads, lambda: NOON, beside, Counting(begins))
        with pytest.raises(LeaseLost):
            await effects.run(h, permit, by=journal)
        assert effects.seen == []
        assert await effects.threads.journal(THREAD, "e0") is None

        assert await effects.run(h, permit, by=journal) == "paid"  # as whoever takes the event up next does
        assert not await tool.is_free("another", "20.00")


class Losing(EarlierCalls):
    """Loses power right behind the note of a call, once."""

    server: RedisServer
    losses: list[int]

    async def begin(
        self, looked: Looked, judge: Judge[bool], now: datetime, foreseen: Foreseen | None = None
    ) -> str | None:
        noted_in = await super().begin(looked, judge, now, foreseen)
        if self.losses:
            self.server.lose_power(self.losses.pop())
        return noted_in


async def test_a_call_that_its_service_knows_counts_also_behind_a_power_loss(confirming: RedisServer) -> None:
    async with client.connect(confirming.url) as redis:
        effects, keys = Effects(redis), Keys(f"t{secrets.token_hex(4)}", 4)
        h, call = (
            await effects.handling(),
            PendingCall("c1", "give_money", canonical(gift()[1]), (), effect="e0"),
        )
        earlier = Losing(redis, keys, Sealer([Fernet.generate_key().decode()]))
        earlier.server, earlier.losses = confirming, [confirming.written]
        policy = Policy(ask("finance", when=total("amount", hours=1, over=50)))
        judging = Judging(ApprovedTools([give_money(policy)]), cast("Approvers", None), earlier)
        with pytest.raises(LeaseLost):
            await judging.made_before(h, [call])
        await judging.made_before(h, [call])  # as whoever takes the event up next does

        noted = [key async for key in redis.scan_iter(match=f"{keys.prefix}:*")]
        assert len(noted) == 1
