"""Entries are counted by the script that writes them, so that whoever takes one away leaves a gap."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.audit import Deed, Entry, Verifier, Written
from bot.domain.errors import LeaseLost
from bot.domain.events import MessageReceived
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.writes import COUNTED, Writes
from tests.factories import NOON, TEAM
from tests.redis_server import RedisServer

THREAD = ThreadRef(TEAM, "C1", "1795435200.000100")


class Record:
    """A thread whose worker puts entries on record, and the log they come into."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 1)
        sealer = Sealer([Fernet.generate_key().decode()])
        day = timedelta(hours=25)
        self.inbox = Inbox(redis, self.keys, sealer, dedupe_ttl=day, lease=timedelta(seconds=30))
        self.audit = AuditLog(redis, self.keys, sealer)

    async def claims(self) -> Claim:
        event = MessageReceived(ts="1795435200.000100", user="U1", text="hi")
        await self.inbox.append(THREAD, event, event_ids=("msg:1",), order=event.ts)
        found = await self.inbox.claim("w")
        assert isinstance(found, Claim)
        return found

    async def problems(self) -> list[str]:
        verifier = Verifier(await self.audit.written(TEAM))
        async for link in self.audit.links(TEAM):
            assert link is not None
            verifier.read(link)
        verifier.end(await self.audit.head(TEAM))
        verifier.compare()
        return [problem.text for problem in verifier.problems]


@pytest.fixture
async def record(redis_server: RedisServer) -> AsyncGenerator[Record]:
    async with client.connect(redis_server.url) as redis:
        yield Record(redis)


def entries(*numbers: int) -> Writes:
    writes = Writes()
    for number in numbers:
        writes.audit(Entry(f"e{number}", NOON + timedelta(seconds=number), TEAM, Deed.DECIDED))
    return writes


async def test_what_is_written_is_numbered_before_and_after_it_is_chained(record: Record) -> None:
    claim = await record.claims()
    await record.inbox.checkpoint(claim, entries(1, 2))
    numbers = {"e1": 1, "e2": 2}
    assert await record.audit.written(TEAM) == Written(2, numbers, frozenset(numbers))
    assert await record.problems() == []
    await record.audit.chain()

    assert await record.audit.written(TEAM) == Written(2, numbers)
    assert await record.problems() == []


async def test_a_script_that_is_sent_again_counts_once(record: Record) -> None:
    claim = await record.claims()
    await record.inbox.checkpoint(claim, entries(1, 2))
    await record.audit.chain()
    await record.inbox.checkpoint(claim, entries(1, 2))  # its answer got lost, and was long in doing so
    await record.inbox.checkpoint(claim, entries(3))
    await record.audit.chain()

    assert (await record.audit.written(TEAM)).numbers == {"e1": 1, "e2": 2, "e3": 3}
    assert await record.problems() == []


async def test_whoever_lost_the_lease_counts_nothing(record: Record) -> None:
    claim = await record.claims()
    await record.inbox.commit(claim, entries(1))
    with pytest.raises(LeaseLost):
        await record.inbox.checkpoint(claim, entries(2))

    assert (await record.audit.written(TEAM)).numbers == {"e1": 1}


async def test_the_latest_are_known_by_id_and_all_by_their_number(record: Record) -> None:
    claim = await record.claims()
    for start in range(0, COUNTED + 100, 500):
        await record.inbox.checkpoint(claim, entries(*range(start, start + 500)))
    written = await record.audit.written(TEAM)

    last = len(written.waiting)
    assert written.count == last
    assert sorted(written.numbers.values()) == list(range(last - COUNTED + 1, last + 1))


async def test_each_workspace_is_counted_for_itself(record: Record) -> None:
    claim = await record.claims()
    await record.inbox.checkpoint(
        claim, entries(1).audit(Entry("e2", NOON, "T0OTHER001", Deed.DECIDED)).add(entries(3))
    )
    await record.audit.chain()

    assert (await record.audit.written("T0OTHER001")).numbers == {"e2": 1}
    assert await record.problems() == []
    assert await record.audit.teams() == sorted([TEAM, "T0OTHER001"])
