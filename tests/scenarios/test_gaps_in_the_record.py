"""The record of everything that happened, against those who hold Redis, by the command in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.audit import Head
from bot.signed_head import HeadSigner
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.sealer import Sealer
from bot.thread import ThreadRef
from devkit.slack.workspace import TEAM
from tests.scenarios.test_flood_and_record import a_short_life, run
from tests.world import OMAR, World

LOST = "written, but neither in the log nor waiting for it: entr"


async def delete_log(redis: Redis, world: World) -> None:
    keys = world.keys
    await redis.delete(keys.audit(TEAM), keys.audit_head(TEAM), keys.audit_ids(TEAM))


async def delete_counters(redis: Redis, world: World) -> None:
    await redis.delete(*(world.keys.audited(shard, TEAM) for shard in range(world.keys.shards)))


async def head_of(redis: Redis, world: World) -> Head:
    return await AuditLog(redis, world.keys, Sealer([world.key])).head(TEAM)


async def cut_back(redis: Redis, world: World) -> None:
    """The newest entries go, and the head of before comes back, sealed as it was."""
    keys = world.keys
    links, head = await redis.lrange(keys.audit(TEAM), 0, -1), await redis.get(keys.audit_head(TEAM))  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    await a_short_life(world)
    await redis.set(keys.audit_head(TEAM), head)  # pyright: ignore[reportArgumentType]
    await redis.ltrim(keys.audit(TEAM), 0, len(links) - 1)  # pyright: ignore[reportGeneralTypeIssues, reportUnknownArgumentType]


async def cut_back_with_ids(redis: Redis, world: World) -> None:
    """And the chain's own list of ids tells nothing of it."""
    ids = await redis.zrange(world.keys.audit_ids(TEAM), 0, -1, withscores=True)
    await cut_back(redis, world)
    await redis.delete(world.keys.audit_ids(TEAM))
    await redis.zadd(world.keys.audit_ids(TEAM), dict(ids))


async def delete_head_and_ids_and_log(redis: Redis, world: World) -> None:
    await delete_log(redis, world)


async def delete_log_and_live_on(redis: Redis, world: World) -> None:
    await delete_log(redis, world)
    await a_short_life(world)


@pytest.mark.parametrize(
    "attack", [cut_back, cut_back_with_ids, delete_head_and_ids_and_log, delete_log_and_live_on]
)
async def test_what_was_counted_and_is_gone_makes_verify_fail(
    world: World, attack: Callable[[Redis, World], Awaitable[None]]
) -> None:
    await a_short_life(world)
    async with client.connect(world.redis_url) as redis:
        await attack(redis, world)
    code, out = await run(world, "audit", "verify")

    assert code == 1
    assert f"✗ {TEAM}: {LOST}" in out


async def test_an_entry_deleted_before_it_was_chained_is_named(world: World) -> None:
    await a_short_life(world)
    async with client.connect(world.redis_url) as redis:
        async with world.bot():
            thread = await world.asks("refund $29 on INV-1003")
            await world.card(thread)
            stolen = await steal(redis, world)
            await world.slack.until(lambda: bool(world.cards(thread)))
        code, out = await run(world, "audit", "verify")

    assert (code, f"✗ {TEAM}: {LOST}" in out) == (1, True), out
    assert all(name in out for name in stolen)


async def steal(redis: Redis, world: World) -> list[str]:
    """Take what waits out of every outbox, again and again, until something was there."""
    taken: list[str] = []
    while not taken:
        await world.asks("refund $29 on INV-1003")
        for shard in range(world.keys.shards):
            names: list[bytes] = await redis.hkeys(world.keys.outbox(shard))  # pyright: ignore[reportGeneralTypeIssues, reportAssignmentType, reportUnknownVariableType]
            for name in names:
                if await redis.hdel(world.keys.outbox(shard), name.decode()):  # pyright: ignore[reportGeneralTypeIssues]
                    taken.append(name.decode())
    return taken
