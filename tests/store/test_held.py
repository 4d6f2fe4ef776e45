"""What a worker need not read twice of the thread that it holds, and when it must."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import LeaseLost
from bot.domain.events import MessageReceived
from bot.domain.run import JournalEntry, JournalStatus
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.held import LONGEST, Held, holding_thread
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Command, Writes
from tests.factories import ANA, SUPPORT, TEAM, an_approval
from tests.redis_server import RedisServer

THREAD, OTHER = ThreadRef(TEAM, SUPPORT, "1.1"), ThreadRef(TEAM, SUPPORT, "1.2")


@dataclass(frozen=True, slots=True)
class Store:
    redis: Any
    keys: Keys
    inbox: Inbox
    threads: ThreadStore

    async def holds(self, thread: ThreadRef) -> Claim:
        """Claim a thread."""
        event_id = f"e{secrets.token_hex(4)}"
        await self.inbox.append(thread, MessageReceived("1.1", ANA, "hi"), event_ids=(event_id,))
        claim = await self.inbox.claim(secrets.token_hex(4))
        assert isinstance(claim, Claim)
        return claim


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncGenerator[Store]:
    keys, sealer = Keys(f"t{secrets.token_hex(4)}", 1), Sealer([Fernet.generate_key().decode()])
    async with client.connect(redis_server.url) as redis:
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30))
        yield Store(redis, keys, inbox, ThreadStore(redis, keys, sealer))


def test_what_was_asked_for_before_a_write_does_not_count_behind_it() -> None:
    held = Held(THREAD)
    asked = held.moment
    held.wrote([Command("SET", "key", (b"new",))])
    held.read("key", b"old", at=asked)

    assert held.known(["key"]) == {"key": b"new"}


def test_a_write_changes_what_is_known_of_its_key_and_of_nothing_else() -> None:
    held = Held(THREAD)
    for name in ("a", "b", ("hash", "x"), ("hash", "y"), ("hash", "")):
        held.read(name, b"old", at=held.moment)
    held.wrote([Command("DEL", "a", ()), Command("HSET", "hash", ("x", b"new"))])

    assert held.known(["a", "b", ("hash", "x"), ("hash", "y"), ("hash", "")]) == {
        "b": b"old",
        ("hash", "x"): b"new",
        ("hash", "y"): b"old",
    }
    held.wrote([Command("DEL", "hash", ())])
    assert held.known([("hash", "x"), ("hash", "y")]) == {}


async def test_a_worker_knows_what_it_wrote_without_reading_it_again(store: Store) -> None:
    claim = await store.holds(THREAD)
    approval = an_approval(id="00-a", thread=THREAD)
    with holding_thread(THREAD):
        await store.inbox.checkpoint(claim, Writes().approval(approval))
        await store.redis.delete(store.keys.approval("00-a"))  # to see that nobody asks
        assert await store.threads.approval("00-a") == approval

        started = JournalEntry(JournalStatus.STARTED)
        assert await store.threads.journal(THREAD, "effect", "former") is None
        await store.inbox.checkpoint(claim, Writes().journal("effect", started))
        assert await store.threads.journal(THREAD, "effect") == started
    assert await store.threads.approval("00-a") is None


async def test_what_a_thread_does_not_hold_is_read_each_time(store: Store) -> None:
    claim = await store.holds(OTHER)
    approval = an_approval(id="00-b", thread=OTHER)
    await store.inbox.checkpoint(claim, Writes().approval(approval))
    with holding_thread(THREAD):
        assert await store.threads.approval("00-b") == approval
        changed = replace(approval, authors=(*approval.authors, "U9"))
        of_another_worker = store.inbox.commit(claim, Writes().approval(changed))
        await asyncio.create_task(of_another_worker, context=Context())
        assert await store.threads.approval("00-b") == changed


async def test_behind_a_write_that_failed_everything_is_read_again(store: Store) -> None:
    claim = await store.holds(THREAD)
    approval = an_approval(id="00-c", thread=THREAD)
    await store.inbox.checkpoint(claim, Writes().approval(approval))
    with holding_thread(THREAD):
        assert await store.threads.approval("00-c") == approval
        await store.redis.hset(store.keys.row(THREAD), "owner", "somebody else")
        with pytest.raises(LeaseLost):
            await store.inbox.checkpoint(claim, Writes())
        await store.redis.delete(store.keys.approval("00-c"))
        assert await store.threads.approval("00-c") is None


async def test_nothing_is_known_of_a_thread_that_was_let_go(store: Store) -> None:
    claim = await store.holds(THREAD)
    approval = an_approval(id="00-d", thread=THREAD)
    await store.inbox.checkpoint(claim, Writes().approval(approval))
    with holding_thread(THREAD):
        assert await store.threads.approval("00-d") == approval
    assert await store.threads.approval("00-d") == approval
    await store.redis.delete(store.keys.approval("00-d"))
    assert await store.threads.approval("00-d") is None


async def test_what_a_run_goes_on_from_is_known_once_it_was_foreseen(store: Store) -> None:
    claim = await store.holds(THREAD)
    long = b'"' + secrets.token_hex(LONGEST).encode() + b'"'
    done = JournalEntry(JournalStatus.DONE, "paid")
    await store.inbox.checkpoint(claim, Writes().run(long).journal("one", done))
    with holding_thread(THREAD):
        await store.threads.foresee_run(THREAD)
        assert await store.threads.has_run(THREAD)
        await store.redis.delete(
            store.keys.run(THREAD), store.keys.journal(THREAD)
        )  # to see that nobody asks
        assert await store.threads.run(THREAD) == long
        assert await store.threads.run(THREAD) is None  # what is long is kept for one use
        assert await store.threads.has_run(THREAD)
        assert await store.threads.journal(THREAD, "one") == done
        assert await store.threads.journal(THREAD, "another") is None
        started = JournalEntry(JournalStatus.STARTED)
        await store.inbox.checkpoint(claim, Writes().journal("two", started).run(None))
        assert not await store.threads.has_run(THREAD)
        assert await store.threads.journal(THREAD, "two") == started
        assert [*await store.threads.whole_journal(THREAD)] == [b"one", b"two"]
        await store.inbox.checkpoint(claim, Writes().forget_effect("one"))
        assert [*await store.threads.whole_journal(THREAD)] == [b"two"]
