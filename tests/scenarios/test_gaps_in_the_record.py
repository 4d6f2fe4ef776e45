"""The record of everything that happened, against those who hold Redis, by the command in a process of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.domain.audit import Deed, Entry, Head
from bot.domain.events import MessageReceived
from bot.domain.signed_head import HeadSigner
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from bot.wiring.app import real_sources
from devkit.slack.server import PATIENCE
from devkit.slack.workspace import TEAM
from tests.scenarios.test_flood_and_record import a_short_life, run
from tests.world import OMAR, SUPPORT, World

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
    await redis.zadd(world.keys.audit_ids(TEAM), {name: score for name, score in ids})  # pyright: ignore[reportArgumentType]


async def delete_log_and_live_on(redis: Redis, world: World) -> None:
    await delete_log(redis, world)
    await a_short_life(world)


@pytest.mark.parametrize("attack", [cut_back, cut_back_with_ids, delete_log, delete_log_and_live_on])
async def test_what_was_counted_and_is_gone_makes_verify_fail(
    world: World, attack: Callable[[Redis, World], Awaitable[None]]
) -> None:
    await a_short_life(world)
    async with client.connect(world.redis_url) as redis:
        await attack(redis, world)
    code, out = await run(world, "audit", "verify")

    assert code == 1
    assert f"✗ {TEAM}: {LOST}" in out


async def write(redis: Redis, world: World, *ids: str) -> None:
    """A worker puts entries on record, and no replica has chained them yet."""
    sources, lease = real_sources(), timedelta(seconds=30)
    inbox = Inbox(redis, world.keys, Sealer([world.key]), dedupe_ttl=timedelta(hours=25), lease=lease)
    event = MessageReceived(ts="1795435200.000100", user=OMAR, text="hi")
    await inbox.append(ThreadRef(TEAM, SUPPORT, event.ts), event, event_ids=("msg",), order=event.ts)
    claim = await inbox.claim("worker")
    assert isinstance(claim, Claim)
    writes = Writes()
    for entry_id in ids:
        writes.audit(Entry(entry_id, sources.now(), TEAM, Deed.DECIDED))
    await inbox.commit(claim, writes)


async def test_an_entry_deleted_before_it_was_chained_is_named(world: World) -> None:
    async with client.connect(world.redis_url) as redis:
        await write(redis, world, "kept", "stolen")
        for shard in range(world.keys.shards):
            await redis.hdel(world.keys.outbox(shard), "stolen")  # pyright: ignore[reportGeneralTypeIssues]
    code, out = await run(world, "audit", "verify")

    assert (code, out) == (1, f"✗ {TEAM}: {LOST}y stolen\n")


async def test_a_record_of_which_nothing_is_left_but_its_count_is_missed(world: World) -> None:
    async with client.connect(world.redis_url) as redis:
        await write(redis, world, "first")
        for shard in range(world.keys.shards):
            await redis.delete(world.keys.outbox(shard))
    code, out = await run(world, "audit", "verify")

    assert (code, out) == (1, f"✗ {TEAM}: {LOST}y first\n")


async def test_an_expected_head_is_found_or_named(world: World) -> None:
    await a_short_life(world)
    async with client.connect(world.redis_url) as redis:
        head = await head_of(redis, world)
        noted, other = f"{head.seq}:{head.hash}", f"{head.seq}:{'0' * 64}"
        assert (await run(world, "audit", "verify", "--expect", noted))[0] == 0
        code, out = await run(world, "audit", "verify", "--expect", noted, "--expect", f"{TEAM}:{other}")
        assert (code, f"entry {head.seq} is not the one whose hash was noted: {'0' * 64}" in out) == (1, True)
        await delete_log(redis, world)
        await delete_counters(redis, world)
    assert await run(world, "audit", "verify") == (0, "✓ nothing is on record yet\n")
    code, out = await run(world, "audit", "verify", "--expect", f"{TEAM}:{noted}")
    assert (code, out) == (1, f"✗ {TEAM}: the log ends at entry 0, but {head.seq} was noted: {head.hash}\n")
    code, out = await run(world, "audit", "verify", "--expect", noted)
    assert (code, "the log ends at entry 0" in out) == (1, True)
    code, out = await run(world, "audit", "verify", "--expect", "12:abc")
    assert (code, "SEQ:HASH" in out) == (2, True)


async def test_with_several_workspaces_an_expected_head_says_whose_it_is(world: World) -> None:
    async with client.connect(world.redis_url) as redis:
        await write(redis, world, "first")
        await redis.set(world.keys.audit_ids("T0OTHER001"), b"left")
    code, out = await run(world, "audit", "verify", "--expect", f"1:{'0' * 64}")

    assert (code, out) == (1, "✗ Several workspaces are on record: write TEAM:SEQ:HASH.\n")


async def test_the_bot_brings_its_heads_to_a_file_that_proves_what_was_there(
    world: World, tmp_path: Path
) -> None:
    """Somebody with Redis and the key writes the whole record anew: only what lies elsewhere shows it."""
    file = tmp_path / "heads"
    await a_short_life(world)
    async with world.bot(AUDIT_ANCHOR_FILE=str(file)):
        async with asyncio.timeout(PATIENCE):  # Slack sees nothing of it
            while not (file.exists() and file.read_text().endswith("\n")):
                await asyncio.to_thread(os.sched_yield)
    check = ("audit", "verify", "--heads", str(file))
    assert (await run(world, *check))[0] == 0
    async with client.connect(world.redis_url) as redis:
        head = await head_of(redis, world)
        assert HeadSigner([world.key]).read(file.read_text().strip()).head == head
        await delete_log(redis, world)
        await delete_counters(redis, world)
        await a_short_life(world)
    assert (await run(world, "audit", "verify"))[0] == 0
    code, out = await run(world, *check)
    assert (code, f"entry {head.seq} is not the one whose hash was noted: {head.hash}" in out) == (1, True)
    file.write_text(file.read_text().replace(f'"seq": {head.seq}', f'"seq": {head.seq - 1}'))
    code, out = await run(world, *check)
    assert (code, out.splitlines()[0]) == (
        1,
        "✗ line 1 of the noted heads: altered, or signed with a key that is not in STATE_KEYS",
    )
