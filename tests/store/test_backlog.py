"""How much waits, of all shards: by kind and age, by Redis' clock, and at the same cost whether ten wait or a thousand."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.approvals.approval import Approval, ApprovalStatus, Question
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.backlog import AGES, OLDER
from bot.domain.rank import Band
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.backlog import MOST_QUESTIONS, Backlogs
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from tests.factories import ANA, TEAM, an_approval
from tests.redis_server import RedisServer
from tests.store.in_line import Line, a_click, a_thread

HOUR = timedelta(hours=1)


class Waits(Line):
    """An engine and approvals under one prefix."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, shards=4)
        self.backlogs = Backlogs(redis, self.keys)
        self._sealing = Sealer([Fernet.generate_key().decode()])

    async def asked(self, number: int, ago: timedelta = timedelta(0), **changes: Any) -> Approval:
        """An approval in a thread of its own, requested so long ago by the clock of Redis."""
        seconds, _ = await self.redis.time()
        thread = ThreadRef(TEAM, "C1", f"1795435200.{number:06d}")
        at = datetime.fromtimestamp(seconds, UTC) - ago
        named = {"id": f"{self.keys.shard(thread):02d}-a{number}", "thread": thread, "requested_at": at}
        return await self.write(an_approval(**named, **changes))

    async def write(self, approval: Approval) -> Approval:
        for command in Writes().approval(approval).commands(self.keys, self._sealing, approval.thread):
            await self.redis.execute_command(command.name, command.key, *command.arguments)
        return approval


@pytest.fixture
async def waits(redis_server: RedisServer) -> AsyncGenerator[Waits]:
    async with client.connect(redis_server.url) as redis:
        yield Waits(redis)


async def test_nothing_waits_in_an_empty_redis(waits: Waits) -> None:
    found = await waits.backlogs.read()

    assert {(line.threads, line.oldest) for line in found.lines.values()} == {(0, 0.0)}
    assert (sum(found.pending.count.values()), found.pending.oldest, found.questions) == (0, 0.0, 0)


async def test_approvals_count_by_what_they_wait_for_and_since_when(waits: Waits) -> None:
    grave = (Requirement("finance", "why", severity=Severity.HIGH),)
    for number, ago in enumerate(
        [timedelta(0), timedelta(minutes=9), HOUR / 2, 3 * HOUR, 9 * HOUR, 90 * HOUR]
    ):
        await waits.asked(number, ago, requirements=grave)
    approved = await waits.asked(10, 2 * HOUR)
    done = replace(approved, status=ApprovalStatus.APPROVED, closed_at=approved.requested_at + HOUR)
    await waits.write(done)
    await waits.write(replace(await waits.asked(11), status=ApprovalStatus.REJECTED))

    found = await waits.backlogs.read()

    assert found.pending.count == {"under_10m": 2, "under_1h": 1, "under_8h": 1, "over_8h": 2}
    assert 90 * 3600 <= found.pending.oldest < 90 * 3600 + 600
    assert found.approved.count == dict.fromkeys([*AGES, OLDER], 0) | {"under_8h": 1}
    assert 3600 <= found.approved.oldest < 4200


async def test_a_question_counts_until_it_is_answered_also_by_a_release_that_keeps_no_such_list(
    waits: Waits,
) -> None:
    open_ones = [await waits.asked(number, question=Question.OUTCOME) for number in range(3)]
    await waits.asked(7)
    assert (await waits.backlogs.read()).questions == 3

    await waits.write(replace(open_ones[0], status=ApprovalStatus.ANSWERED))
    left = open_ones[1]
    await waits.redis.zrem(waits.keys.pending(waits.keys.shard(left.thread)), left.id)

    assert (await waits.backlogs.read()).questions == 1
    shards = range(waits.keys.shards)
    assert sum([await waits.redis.zcard(waits.keys.questions(shard)) for shard in shards]) == 1


async def test_threads_count_by_what_comes_first_in_them(waits: Waits) -> None:
    await waits.floods(ANA, 3)
    await waits.happens(a_thread("1"), a_click())
    await waits.ages(timedelta(minutes=2))

    lines = (await waits.backlogs.read()).lines

    assert {band: line.threads for band, line in lines.items()} == {
        Band.CONTROL: 1,
        Band.HOME: 0,
        Band.RUN: 0,
        Band.MESSAGE: 3,
    }
    assert 120 <= lines[Band.MESSAGE].oldest < 600
    assert 120 <= lines[Band.CONTROL].oldest < 600
    await waits.claims()
    assert (await waits.backlogs.read()).lines[Band.CONTROL].threads == 0


async def test_it_asks_redis_for_no_more_where_more_waits(waits: Waits) -> None:
    await waits.asked(0, question=Question.OUTCOME)
    few = await commands_of(waits)
    pending = {f"00-a{number}": number for number in range(5_000)}
    for shard in range(waits.keys.shards):
        await waits.redis.zadd(waits.keys.pending(shard), pending)
        await waits.redis.zadd(waits.keys.approved(shard), pending)
        await waits.redis.zadd(
            waits.keys.due(shard), {f"T1/C1/{number}": -number - 1 for number in range(5_000)}
        )
    many = await commands_of(waits)

    assert many == few
    assert few["evalsha"] == waits.keys.shards
    await waits.redis.zadd(waits.keys.questions(0), pending)
    assert MOST_QUESTIONS <= (await waits.backlogs.read()).questions <= MOST_QUESTIONS + 1
    assert (await commands_of(waits))["zscore"] <= MOST_QUESTIONS + 1


async def commands_of(waits: Waits) -> Mapping[str, int]:
    """What one reading makes Redis do."""
    await waits.backlogs.read()
    await waits.redis.config_resetstat()
    await waits.backlogs.read()
    stats: dict[str, Any] = await waits.redis.info("commandstats")
    return {
        name.removeprefix("cmdstat_"): int(one["calls"])
        for name, one in stats.items()
        if "config" not in name
    }
