"""Redis goes back in time behind a claim: who holds it goes on from what is not there any more, so it writes nothing."""

from __future__ import annotations

import pytest

from bot.domain.errors import LeaseLost
from bot.domain.run import ThreadState
from bot.store import client
from bot.store.claim import Claim, Renewal
from bot.store.writes import Writes
from tests.factories import THREAD
from tests.redis_server import RedisServer
from tests.store.test_inbox_edges import Store


async def claimed(store: Store) -> Claim:
    await store.message(1)
    return await store.claims()


async def titled(store: Store, claim: Claim, title: str) -> None:
    await store.inbox.checkpoint(claim, Writes().state(ThreadState(title=title)))


async def test_who_held_a_thread_when_redis_went_back_writes_nothing_more(server: RedisServer) -> None:
    async with client.connect(server.url) as redis:
        store = Store(redis, redis)
        claim = await claimed(store)
        await titled(store, claim, "first")
        written = server.written
        await titled(store, claim, "second")
        server.lose_power(written)
        assert await store.inbox.renew(claim) is Renewal.LOST
        with pytest.raises(LeaseLost):
            await titled(store, claim, "third")
        with pytest.raises(LeaseLost):
            await store.inbox.commit(claim, Writes())
        assert (await store.threads.load(THREAD)).title == "first"


async def test_who_held_a_thread_when_redis_was_restarted_and_forgot_nothing_goes_on(
    server: RedisServer,
) -> None:
    async with client.connect(server.url) as redis:
        store = Store(redis, redis)
        claim = await claimed(store)
        await titled(store, claim, "first")
        server.stop()
        server.start()
        assert await store.inbox.renew(claim) is Renewal.HELD
        await titled(store, claim, "second")
        await store.inbox.commit(claim, Writes())
        assert (await store.threads.load(THREAD)).title == "second"
