"""The audit log on a real Redis: nothing is chained twice, nothing is lost, whoever dies or races."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.audit import Deed, Entry, Verifier
from bot.store import client
from bot.store.audit import BATCH, AuditLog
from bot.store.keys import Keys, place
from bot.store.records import ENTRY
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer
from tests.factories import NOON, TEAM
from tests.redis_server import RedisServer


class Log:
    """An audit log with a prefix of its own, and what waits for it."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 2)
        self.sealer = Sealer([Fernet.generate_key().decode()])
        self.audit = self.another()

    def another(self) -> AuditLog:
        return AuditLog(self.redis, self.keys, self.sealer)

    async def waits(self, *numbers: int, shard: int = 0, team: str = TEAM) -> None:
        for number in numbers:
            entry = Entry(f"e{number:05d}", NOON + timedelta(seconds=number), team, Deed.DECIDED)
            outbox = self.keys.outbox(shard)
            sealed = ENTRY.dump(self.sealer, entry, place(outbox, entry.id))
            await self.redis.hset(outbox, entry.id, sealed)  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType]

    async def ids(self, team: str = TEAM) -> list[str]:
        """Everything that is chained, once the chain has been found right."""
        verifier = Verifier()
        found: list[str] = []
        async for link in self.audit.links(team):
            assert link is not None
            verifier.read(link)
            found.append(link.entry.id)
        verifier.end(await self.audit.head(team))
        assert verifier.problems == []
        return found


@pytest.fixture
async def log(redis_server: RedisServer) -> AsyncGenerator[Log]:
    async with client.connect(redis_server.url) as redis:
        yield Log(redis)


async def test_entries_of_all_shards_join_one_chain_in_the_order_of_their_times(log: Log) -> None:
    await log.waits(4, 1)
    await log.waits(3, 2, shard=1)
    assert await log.audit.chain() == 4
    await log.waits(5)
    assert await log.audit.chain() == 1
    assert await log.audit.chain() == 0

    assert await log.ids() == ["e00001", "e00004", "e00002", "e00003", "e00005"]
    assert await log.redis.hlen(log.keys.outbox(0)) == 0  # pyright: ignore[reportGeneralTypeIssues]


async def test_each_workspace_has_a_chain_of_its_own(log: Log) -> None:
    await log.waits(1, 2)
    await log.waits(3, team="T0OTHER001")
    await log.audit.chain()

    assert (await log.ids(), await log.ids("T0OTHER001")) == (["e00001", "e00002"], ["e00003"])


async def test_an_entry_that_comes_again_after_a_crash_is_chained_once(log: Log) -> None:
    await log.waits(1, 2)
    await log.audit.chain()
    await log.waits(2, 3)  # 2 was chained, and whoever did it died before taking it out of the outbox
    await log.audit.chain()

    assert await log.ids() == ["e00001", "e00002", "e00003"]


async def test_replicas_that_chain_at_once_chain_everything_once(log: Log) -> None:
    await log.waits(*range(3 * BATCH))
    chainers = [log.another() for _ in range(5)]
    await asyncio.gather(*(chainer.chain() for chainer in chainers))

    assert sorted(await log.ids()) == [f"e{number:05d}" for number in range(3 * BATCH)]


async def test_an_entry_that_cannot_be_opened_is_named_and_stops_nothing(log: Log) -> None:
    await log.waits(1)
    await log.redis.hset(log.keys.outbox(0), "e00000", b"scribbled")  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType]
    await log.audit.chain()

    assert await log.audit.unreadable() == ["e00000"]
    assert await log.ids() == ["e00001"]


async def test_what_redis_forgot_between_a_look_and_the_chain_is_not_chained(server: RedisServer) -> None:
    async with client.connect(server.url) as redis:
        log = Log(redis)
        keys = [log.keys.audit(TEAM), log.keys.audit_head(TEAM), log.keys.audit_ids(TEAM)]
        for is_the_same in (False, True):
            run_id = (await redis.info("server"))["run_id"]
            if not is_the_same:
                server.lose_power(server.written)
            said = await Scripts(redis).chain(keys, [b"", b"a head", 10, 1, run_id, "e1", b"a link"])
            assert said is is_the_same
            assert await redis.llen(keys[0]) == is_the_same  # pyright: ignore[reportGeneralTypeIssues]


class Cut(AuditLog):
    """Loses power right behind the chain, and with it what was chained."""

    server: RedisServer
    kept: int

    async def _append(self, shard: int, team: str, entries: list[Entry]) -> str:
        run_id = await super()._append(shard, team, entries)
        self.server.lose_power(self.kept)
        return run_id


async def test_what_redis_forgot_behind_the_chain_is_still_in_the_outbox(server: RedisServer) -> None:
    async with client.connect(server.url) as redis:
        log = Log(redis)
        await log.waits(1, 2)
        cut = Cut(redis, log.keys, log.sealer)
        cut.server, cut.kept = server, server.written
        await cut.chain()
        assert await log.ids() == []
        await log.audit.chain()
        assert await log.ids() == ["e00001", "e00002"]


async def test_links_behind_a_head_that_is_not_the_latest_are_not_written(log: Log) -> None:
    await log.waits(1)
    await log.audit.chain()
    before = await log.redis.lrange(log.keys.audit(TEAM), 0, -1)  # pyright: ignore[reportGeneralTypeIssues]
    keys = [log.keys.audit(TEAM), log.keys.audit_head(TEAM), log.keys.audit_ids(TEAM)]

    run_id = (await log.redis.info("server"))["run_id"]
    assert not await Scripts(log.redis).chain(keys, [b"", b"another head", 10, 1, run_id, "e2", b"a link"])
    assert await log.redis.lrange(keys[0], 0, -1) == before  # pyright: ignore[reportGeneralTypeIssues]
    assert await log.ids() == ["e00001"]
