"""The lists of what waits: in order, each once, and never trusted against the approvals themselves."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.approvals.approval import Approval, ApprovalStatus, Question
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.approvals.transitions import detach
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.keys import Keys, place
from bot.store.records import APPROVAL
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.waiting import PAGE, Waiting, lists_of
from bot.store.writes import Writes
from tests.factories import NOON, an_approval
from tests.redis_server import RedisServer

TEAM = "T1"


class Store:
    """Writes approvals as a commit would, in a prefix of its own."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)
        self._sealer = Sealer([Fernet.generate_key().decode()])
        self.threads = ThreadStore(redis, self.keys, self._sealer)
        self.waiting = Waiting(redis, self.keys, self.threads)

    async def write(self, approval: Approval) -> None:
        for command in Writes().approval(approval).commands(self.keys, self._sealer, approval.thread):
            await self.redis.execute_command(command.name, command.key, *command.arguments)

    async def damage(self, approval: Approval) -> None:
        """Store something else in an approval's place, without a look at what lists it."""
        key = self.keys.approval(approval.id)
        await self.redis.set(key, APPROVAL.dump(self._sealer, approval, place(key)))

    def asks(self, number: int, *needs: Requirement, requester: str = "U1") -> Approval:
        """A new approval in a thread of its own."""
        thread = ThreadRef(TEAM, "C1", f"1795435200.{number:06d}")
        shard = self.keys.shard(thread)
        return an_approval(
            id=f"{shard:02d}-a{number}",
            thread=thread,
            requester=requester,
            requirements=needs or (Requirement("finance", "why"),),
            requested_at=NOON + timedelta(seconds=number),
        )

    async def ids(self, *roles: str) -> list[str]:
        async with aclosing(self.waiting.for_roles(TEAM, roles)) as found:
            return [approval.id async for approval in found]

    async def listed(self, approval: Approval) -> list[str]:
        """The lists that hold it, whatever the approval says."""
        shard = self.keys.shard(approval.thread)
        keys = lists_of(self.keys, shard, approval)
        return [key for key in keys if await self.redis.zscore(key, approval.id) is not None]


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncGenerator[Store]:
    async with client.connect(redis_server.url) as redis:
        yield Store(redis)


async def test_the_gravest_come_first_then_the_oldest_each_once_however_many_wait(store: Store) -> None:
    random = Random(7)
    made: list[Approval] = []
    for number in random.sample(range(10_000), PAGE * 5 * store.keys.shards):
        severity = random.choice(list(Severity))
        roles = random.choice([("finance",), ("legal",), ("finance", "legal"), ("board",)])
        made.append(store.asks(number, *(Requirement(role, "why", severity=severity) for role in roles)))
        await store.write(made[-1])

    rightful = [one for one in made if one.roles != ("board",)]
    rightful.sort(key=lambda one: (-one.severity, one.requested_at))
    assert await store.ids("finance", "legal") == [one.id for one in rightful]
    assert await store.ids("board") == [
        one.id
        for one in sorted(made, key=lambda one: (-one.severity, one.requested_at))
        if one.roles == ("board",)
    ]
    counts = await store.waiting.count(TEAM, ["finance", "legal", "board", "nobody"])
    assert counts == {role: sum(role in one.roles for one in made) for role in counts}


async def test_what_is_closed_is_on_no_list_and_what_changes_is_on_those_of_its_new_roles(
    store: Store,
) -> None:
    approval = store.asks(1, Requirement("finance", "why", escalate_to="board"))
    await store.write(approval)
    assert await store.ids("board") == []

    approval = replace(approval, escalated=("finance",))
    await store.write(approval)
    assert await store.ids("board") == await store.ids("finance") == [approval.id]
    assert [one.id for one in await store.waiting.of_requester(TEAM, "U1")] == [approval.id]

    closed = replace(approval, status=ApprovalStatus.REJECTED, closed_at=NOON)
    await store.write(closed)
    assert await store.listed(closed) == []
    assert await store.waiting.of_requester(TEAM, "U1") == []


async def test_an_entry_that_its_approval_contradicts_counts_for_nothing_and_is_dropped(store: Store) -> None:
    approval = store.asks(1)
    await store.write(replace(approval, status=ApprovalStatus.APPROVED, closed_at=NOON))
    for key in lists_of(
        store.keys, store.keys.shard(approval.thread), approval
    ):  # as an older version leaves it
        await store.redis.zadd(key, {approval.id: 1})

    assert await store.ids("finance") == []
    assert await store.waiting.of_requester(TEAM, "U1") == []
    assert await store.waiting.count(TEAM, ["finance"]) == {"finance": 0}
    shard = store.keys.shard(approval.thread)
    assert await store.redis.zcard(store.keys.for_role(shard, TEAM, "finance")) == 0


async def test_a_question_without_its_run_is_not_shown_to_those_of_a_new_try_alone(store: Store) -> None:
    question = replace(
        store.asks(1), question=Question.OUTCOME, effect="e", again=(Requirement("legal", "why"),)
    )
    await store.write(question)
    assert await store.ids("legal") == [question.id]

    await store.write(detach(question))
    assert await store.ids("legal") == []
    assert await store.ids("finance") == [question.id]


async def test_what_an_older_version_wrote_is_listed_and_nobody_is_listed_twice(store: Store) -> None:
    made = [store.asks(number) for number in range(3 * PAGE)]
    for approval in made:
        await store.write(approval)
    for approval in made[::2]:
        for key in await store.listed(approval):
            await store.redis.zrem(key, approval.id)
    assert len(await store.ids("finance")) < len(made)

    await store.waiting.complete()

    assert await store.ids("finance") == [approval.id for approval in made]
    assert await store.waiting.count(TEAM, ["finance"]) == {"finance": len(made)}


@pytest.mark.parametrize(
    "damage",
    [
        {"requirements": (Requirement("fin\ud800", "why"),)},
        {"requester": "U\udfff"},
        {"thread": ThreadRef(TEAM, "C1", "1795435200.\ud800")},
    ],
)
async def test_a_damaged_approval_that_no_list_could_name_keeps_no_other_from_its_list(
    store: Store, damage: dict[str, Any]
) -> None:
    damaged, whole = store.asks(1), store.asks(2)
    for approval in (damaged, whole):
        await store.write(approval)
        await store.redis.delete(*lists_of(store.keys, store.keys.shard(approval.thread), approval))
    await store.damage(replace(damaged, **damage))

    assert await store.waiting.complete() == 2
    assert await store.ids("finance") == [whole.id]
    assert await store.threads.readable([damaged.id, whole.id]) == [whole]
