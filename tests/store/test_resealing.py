"""What is stored is sealed anew under the first key: the same, at the same place, and never over what was written since."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.domain.audit import Deed, Entry
from bot.domain.errors import CannotStart, UnknownSchema
from bot.domain.events import MessageReceived
from bot.domain.roster import Replica, founded
from bot.domain.run import JournalEntry, JournalStatus, ThreadState
from bot.operations.reseal_report import reseal
from bot.settings.config import Settings
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys, place
from bot.store.resealing import Resealed, Resealing
from bot.store.roster import Roster
from bot.store.sealer import Sealer, key_names, sealed_with
from bot.store.threads import ThreadStore
from bot.store.workspaces import Workspaces
from bot.store.writes import Writes
from tests.factories import ANA, NOON, TEAM, THREAD, an_approval
from tests.redis_server import RedisServer

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
STATE = ThreadState(title="refund", authors=(ANA,))


@dataclass(slots=True)
class Shelf:
    """What one thread and the record hold, and who reads it with which keys."""

    redis: Redis
    keys: Keys = field(default_factory=lambda: Keys(f"t{secrets.token_hex(4)}", 4))

    def inbox(self, *keys: str) -> Inbox:
        terms: Any = {"dedupe_ttl": timedelta(hours=1), "lease": timedelta(seconds=30)}
        return Inbox(self.redis, self.keys, Sealer(keys), **terms)

    async def claimed(self, *keys: str) -> Claim:
        claim = await self.inbox(*keys).claim("x")
        assert isinstance(claim, Claim)
        return claim

    async def fill(self) -> Claim:
        """Store one of each kind with the old key; the thread stays claimed."""
        inbox, sealer = self.inbox(OLD), Sealer([OLD])
        for number in range(2):
            message = MessageReceived(f"{number}.1", ANA, "hi")
            await inbox.append(THREAD, message, event_ids=(f"m{number}",))
        claim = await self.claimed(OLD)
        session = ThreadStore(self.redis, self.keys, sealer).session(THREAD)
        await session.add_items([{"role": "user", "content": f"word {n}"} for n in range(250)])
        kept = await Workspaces(self.redis, self.keys, sealer).stage(THREAD, b"x" * 3_000_000)
        entry = Entry("e1", NOON, TEAM, Deed.REQUESTED, str(THREAD), person=ANA)
        writes = Writes().state(STATE).session(session).workspace(kept).approval(an_approval()).audit(entry)
        writes.journal("effect", JournalEntry(JournalStatus.DONE, "paid"))
        await inbox.checkpoint(claim, writes)
        await AuditLog(self.redis, self.keys, sealer).chain()
        return claim

    async def reseal(self, *keys: str) -> Resealed:
        return await Resealing(self.redis, self.keys, Sealer(keys)).run()


@pytest.fixture
async def shelf(redis_server: RedisServer) -> AsyncGenerator[Shelf]:
    async with client.connect(redis_server.url) as redis:
        yield Shelf(redis)


async def test_everything_opens_with_the_new_key_alone_and_says_the_same(shelf: Shelf) -> None:
    await shelf.inbox(OLD).release(await shelf.fill())
    found = await shelf.reseal(NEW, OLD)
    again = await shelf.reseal(NEW, OLD)

    # Two events, the row, 250 items, four parts of the workspace or less and which count, an approval, a journal, the record.
    assert found.anew > 255
    assert (found.before, found.busy, found.missing) == (0, 0, {})
    assert found.is_complete
    assert (again.anew, again.before) == (0, found.anew)

    sealer = Sealer([NEW])
    threads = ThreadStore(shelf.redis, shelf.keys, sealer)
    assert await threads.load(THREAD) == STATE
    assert len(await threads.session(THREAD).get_items()) == 250
    assert await Workspaces(shelf.redis, shelf.keys, sealer).load(THREAD) == b"x" * 3_000_000
    assert await threads.approval(an_approval().id) == an_approval()
    assert [
        link.entry.id async for link in AuditLog(shelf.redis, shelf.keys, sealer).links(TEAM) if link
    ] == ["e1"]
    assert isinstance((await shelf.claimed(NEW)).event, MessageReceived)


async def test_a_thread_that_is_worked_on_is_left_for_the_next_time(shelf: Shelf) -> None:
    claim = await shelf.fill()
    found = await shelf.reseal(NEW, OLD)
    assert found.busy > 250
    assert not found.is_complete
    assert await ThreadStore(shelf.redis, shelf.keys, Sealer([OLD])).load(THREAD) == STATE

    await shelf.inbox(OLD).commit(claim, Writes())
    rest = await shelf.reseal(NEW, OLD)
    assert rest.is_complete
    assert rest.anew <= found.busy


async def test_what_was_written_in_between_stands(shelf: Shelf) -> None:
    await shelf.inbox(OLD).release(await shelf.fill())
    written, loop = replace(STATE, title="written in between"), asyncio.get_running_loop()
    is_written: list[bool] = []

    class Overtaken(Sealer):
        """Lets a replica write the thread's row right after it was read."""

        def anew(self, sealed: bytes) -> bytes | None:
            with suppress(UnknownSchema):
                self.open("state", sealed, place(shelf.keys.state(THREAD)))
                if not is_written:
                    asyncio.run_coroutine_threadsafe(self._write(), loop).result(30)
            return super().anew(sealed)

        async def _write(self) -> None:
            is_written.append(True)
            claim = await shelf.claimed(OLD)
            await shelf.inbox(OLD).commit(claim, Writes().state(written))

    found = await Resealing(shelf.redis, shelf.keys, Overtaken([NEW, OLD])).run()

    assert is_written
    assert found.is_complete
    assert await ThreadStore(shelf.redis, shelf.keys, Sealer([NEW])).load(THREAD) == written


async def test_what_needs_a_key_that_is_not_there_is_counted_by_its_name_and_kept(shelf: Shelf) -> None:
    await shelf.inbox(OLD).release(await shelf.fill())
    found = await shelf.reseal(NEW)

    [name] = key_names([OLD])
    assert set(found.missing) == {name}
    assert found.anew == 0
    assert not found.is_complete
    assert await ThreadStore(shelf.redis, shelf.keys, Sealer([OLD])).load(THREAD) == STATE


async def test_what_expires_still_does_and_what_is_not_sealed_is_as_it_was(shelf: Shelf) -> None:
    await shelf.inbox(OLD).release(await shelf.fill())
    key, others = f"{shelf.keys.prefix}:{{s00}}:own", f"{shelf.keys.prefix}:plain"
    redis: Any = shelf.redis
    await redis.set(key, Sealer([OLD]).seal("state", {}, "somewhere"), ex=600)
    await redis.set(others, "gAAAAAnot sealed")
    before = await redis.hgetall(shelf.keys.row(THREAD))
    await shelf.reseal(NEW, OLD)

    assert 0 < await redis.ttl(key) <= 600
    assert sealed_with(await redis.get(key)) == key_names([NEW])[0]
    assert await redis.get(others) == b"gAAAAAnot sealed"
    assert await redis.hgetall(shelf.keys.row(THREAD)) == before


async def test_nothing_is_sealed_anew_beside_a_replica_that_seals_with_another_key(
    shelf: Shelf, redis_server: RedisServer
) -> None:
    await shelf.inbox(OLD).release(await shelf.fill())
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        redis_url=SecretStr(redis_server.url),
        redis_prefix=shelf.keys.prefix,
        state_keys=SecretStr(f"{NEW},{OLD}"),
    )
    replica = Replica("r1", "host", 4, TEAM, "U1", "p", key_names([OLD])[0], key_names([OLD]))
    roster = Roster(shelf.redis, shelf.keys, timedelta(seconds=30))
    assert await roster.enroll(await roster.read(), founded(replica), replica)
    said: list[str] = []

    with pytest.raises(CannotStart, match="1 of 1 replicas that serve seal with another key"):
        await reseal(settings, said.append)
    assert await ThreadStore(shelf.redis, shelf.keys, Sealer([OLD])).load(THREAD) == STATE
    await roster.leave(replica)
    assert await reseal(settings, said.append)
    assert "the others may go" in said[-1]
