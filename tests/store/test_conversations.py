"""A long conversation is read from its end on, and what is remembered of its beginning is of it and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import KeyMissing, LeaseLost
from bot.domain.events import MessageReceived
from bot.domain.memory import Memory, Opening, fingerprint
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.conversations import UNREMEMBERED
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer, key_names
from bot.store.sessions import StagedSession
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from tests.factories import ANA, OMAR, THREAD
from tests.redis_server import RedisServer

OTHER = ThreadRef(THREAD.team, THREAD.channel, "1795435200.000200")


def exchange(number: int) -> list[Any]:
    """Five items: a question, a call with its reasoning, and an answer."""
    call = {"type": "function_call", "call_id": f"c{number}", "name": "look", "arguments": "{}"}
    return [
        {"role": "user", "content": f"question {number}"},
        {"type": "reasoning", "id": f"rs_{number}", "summary": []},
        call,
        {"type": "function_call_output", "call_id": f"c{number}", "output": "x" * 300},
        {"role": "assistant", "content": f"answer {number}"},
    ]


class Threads:
    """Two claimed threads of one Redis."""

    def __init__(self, redis: client.Redis, key: str) -> None:
        self.redis, self.key = redis, key
        self.keys, self.sealer = Keys(f"t{secrets.token_hex(4)}", 2), Sealer([key])
        self.store = ThreadStore(redis, self.keys, self.sealer)
        self.inbox = Inbox(
            redis, self.keys, self.sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30)
        )
        self.claims: dict[ThreadRef, Claim] = {}

    async def claim(self, thread: ThreadRef) -> None:
        await self.inbox.append(thread, MessageReceived("1.000001", ANA, "hi"), event_ids=("m1",))
        claim = await self.inbox.claim(secrets.token_hex(4))
        assert isinstance(claim, Claim)
        self.claims[thread] = claim

    async def writes(self, session: StagedSession, thread: ThreadRef = THREAD, *, times: int = 1) -> None:
        for _ in range(times):
            await self.inbox.checkpoint(self.claims[thread], Writes().session(session))
        session.mark_saved()

    async def has(self, exchanges: int, thread: ThreadRef = THREAD) -> list[Any]:
        """Fill a thread's session, as an earlier release would: without a memory."""
        items = [item for number in range(exchanges) for item in exchange(number)]
        session = self.store.session(thread)
        await session.add_items(items)
        await self.writes(session, thread)
        return items

    async def remembers(self, items: list[Any], start: int, *, generation: int = 0, times: int = 1) -> Memory:
        memory = Memory("- PO-7", start, start, fingerprint(items[start - 1]), generation, (OMAR,))
        session = self.store.session(THREAD, generation)
        session.remember(memory)
        await self.writes(session, times=times)
        return memory

    async def sent(self) -> tuple[int, int]:
        """How many commands Redis has handled for others than this, and how many bytes it has answered."""
        told = await self.redis.info("stats")
        return told["total_commands_processed"], told["total_net_output_bytes"]


@pytest.fixture
async def threads(redis_server: RedisServer) -> AsyncGenerator[Threads]:
    async with client.connect(redis_server.url) as redis:
        made = Threads(redis, Fernet.generate_key().decode())
        await made.claim(THREAD)
        await made.claim(OTHER)
        yield made


async def test_reading_a_long_thread_costs_what_a_short_one_costs(threads: Threads) -> None:
    short, long = await threads.has(8), await threads.has(400, OTHER)
    session = threads.store.session(OTHER)
    session.remember(Memory("- PO-7", 1960, 1960, fingerprint(long[1959]), 0))
    await threads.writes(session, OTHER)
    costs: list[tuple[int, int]] = []
    for thread in (THREAD, OTHER):
        before = await threads.sent()
        read = await threads.store.session(thread).get_items()
        after = await threads.sent()
        assert read == [*short, *long[1960:]][:40] if thread == THREAD else long[1960:]
        costs.append((after[0] - before[0], after[1] - before[1]))

    (commands, size), (commands_of_long, size_of_long) = costs
    assert commands_of_long == commands
    assert size_of_long < 1.2 * size


async def test_a_session_of_an_earlier_release_is_read_from_a_message_on_that_is_not_far_behind(
    threads: Threads,
) -> None:
    items = await threads.has(100)
    session = threads.store.session(THREAD)

    assert await session.get_items() == items[-UNREMEMBERED:]
    await session.pop_item()
    await session.add_items([{"role": "user", "content": "more"}])
    await threads.writes(session, times=2)
    assert len(await threads.store.conversations.items(THREAD, 0)) == 500
    session = threads.store.session(THREAD)
    assert await session.opening() == Opening(is_all=False, first=items[500 - UNREMEMBERED])


async def test_one_exchange_of_very_many_items_is_never_begun_in_its_middle(threads: Threads) -> None:
    items: list[Any] = [exchange(0)[0], *([{"role": "assistant", "content": "on"}] * (UNREMEMBERED + 50))]
    session = threads.store.session(THREAD)
    await session.add_items(items)
    await threads.writes(session)

    assert await threads.store.session(THREAD).get_items() == items


@pytest.mark.parametrize("times", [1, 3])
async def test_what_is_remembered_counts_from_the_next_reading_on(threads: Threads, times: int) -> None:
    items = await threads.has(10)
    await threads.remembers(items, 30, times=times)
    session = threads.store.session(THREAD)

    assert await session.get_items() == items[30:]
    assert await session.opening() == Opening("- PO-7", is_all=True, first=items[30])
    assert await session.authors() == (OMAR,)
    await session.add_items(exchange(10))
    await threads.writes(session, times=times)
    assert await threads.store.session(THREAD).get_items() == [*items[30:], *exchange(10)]
    # The release before reads the same list of items, all of them, each in its place.
    assert await threads.store.conversations.items(THREAD, 0) == [*items, *exchange(10)]


async def test_a_worker_that_lost_its_lease_remembers_nothing(threads: Threads) -> None:
    items = await threads.has(10)
    lost = threads.claims[THREAD]
    await threads.inbox.release(lost)
    await threads.claim(THREAD)
    session = threads.store.session(THREAD)
    session.remember(Memory("- new", 30, 30, fingerprint(items[29]), 0))
    with pytest.raises(LeaseLost):
        await threads.inbox.checkpoint(lost, Writes().session(session))

    assert await threads.redis.exists(threads.keys.memory(THREAD)) == 0


@pytest.mark.parametrize("why", ["generation", "other item", "shorter", "moved", "damaged"])
async def test_a_memory_of_something_else_is_none_and_is_dropped_with_the_next_save(
    threads: Threads, why: str
) -> None:
    items = await threads.has(10)
    memory = await threads.remembers(items, 30)
    key, generation = threads.keys.memory(THREAD), 0
    match why:
        case "generation":  # a reset by a replica of an earlier release, which does not know of memories
            generation = 1
        case "other item":
            session = threads.store.session(THREAD)
            session.remember(replace(memory, last=fingerprint("x")))
            await threads.writes(session)
        case "shorter":
            await threads.redis.ltrim(threads.keys.session(THREAD), 0, 19)
            items = items[:20]
        case "moved":
            await threads.redis.copy(key, threads.keys.memory(OTHER))
            assert await threads.store.session(OTHER).authors() == ()
            await threads.redis.set(key, threads.sealer.seal("memory", {}, "elsewhere"))
        case _:
            await threads.redis.set(key, b"damaged")
    session = threads.store.session(THREAD, generation)

    assert await session.get_items() == items
    assert (await session.opening(), await session.authors()) == (Opening(first=items[0]), ())
    session.discard()
    await session.add_items(exchange(10))
    await threads.writes(session)
    assert await threads.redis.exists(key) == 0


async def test_a_reset_forgets_what_is_remembered(threads: Threads) -> None:
    items = await threads.has(10)
    for forget in (True, False):
        await threads.remembers(items, 30)
        session = threads.store.session(THREAD)
        await session.get_items()
        writes = Writes().forget(keep_files=True)
        if not forget:
            await session.clear_session()
            writes = Writes().session(session)
        await threads.inbox.checkpoint(threads.claims[THREAD], writes)
        assert await threads.redis.exists(threads.keys.memory(THREAD)) == 0
        await threads.has(10)


async def test_notes_that_another_replicas_key_opens_are_not_taken_for_none(threads: Threads) -> None:
    items = await threads.has(10)
    await threads.remembers(items, 30)
    newer = Fernet.generate_key().decode()
    sealer = Sealer([newer], elsewhere=key_names([threads.key]))
    store = ThreadStore(threads.redis, threads.keys, sealer)

    with pytest.raises(KeyMissing):
        await store.insist_on_keys(THREAD, ())
    await threads.redis.delete(threads.keys.session(THREAD))
    with pytest.raises(KeyMissing):
        await store.insist_on_keys(THREAD, ())
    with pytest.raises(KeyMissing):
        await store.session(THREAD).get_items()
