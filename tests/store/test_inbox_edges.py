"""The engine where things meet: restarts, moved timers, lapsed leases, wake-ups."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from copy import copy
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import LeaseLost
from bot.domain.events import ExpiryDue, MessageReceived
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim, Renewal
from bot.store.inbox import Appended, Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from tests.factories import ANA, SUPPORT, TEAM, THREAD, an_approval
from tests.redis_server import RedisServer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2999, 1, 1, tzinfo=UTC)


class Store:
    """An engine under a prefix of its own."""

    def __init__(self, redis: Redis, blocking: Redis) -> None:
        self.redis = redis
        self._blocking = blocking
        self.prefix = f"t{secrets.token_hex(4)}"
        self.keys = Keys(self.prefix, 4)
        self._sealer = Sealer([Fernet.generate_key().decode()])
        self.inbox = self._inbox(30.0)
        self.threads = ThreadStore(redis, self.keys, self._sealer)

    def with_lease(self, seconds: float, expected: Callable[[timedelta], datetime] | None = None) -> Store:
        """The same engine as a worker with another lease sees it, and by another clock."""
        other = copy(self)
        other.inbox = self._inbox(seconds, expected)
        return other

    def on(self, redis: Redis) -> Store:
        """The same engine through another client."""
        other = copy(self)
        other.redis = redis
        other.inbox = other._inbox(30.0)
        return other

    def _inbox(self, lease: float, expected: Callable[[timedelta], datetime] | None = None) -> Inbox:
        return Inbox(
            self.redis,
            self.keys,
            self._sealer,
            dedupe_ttl=timedelta(hours=25),
            lease=timedelta(seconds=lease),
            blocking=self._blocking,
            expected=expected,
        )

    async def message(self, number: int, thread: ThreadRef = THREAD) -> Appended:
        """Deliver the message with this number."""
        ts = f"1795435200.{number:06d}"
        return await self.inbox.append(
            thread, MessageReceived(ts, ANA, "hi"), event_ids=(f"m{number}",), order=ts
        )

    async def claims(self) -> Claim:
        """Claim what is due, which there is."""
        found = await self.inbox.claim(secrets.token_hex(4))
        assert isinstance(found, Claim)
        return found


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncGenerator[Store]:
    async with (
        client.connect(redis_server.url) as redis,
        client.connect_blocking(redis_server.url) as blocking,
    ):
        yield Store(redis, blocking)


async def test_of_many_who_claim_one_event_exactly_one_gets_it(store: Store) -> None:
    for number in range(1, 41):  # several times: not each time do two see it waiting before one has it
        await store.message(number, ThreadRef(TEAM, SUPPORT, f"1795435200.{number:06d}"))

        found = await asyncio.gather(*(store.inbox.claim(f"w{who}") for who in range(24)))
        assert len([claim for claim in found if isinstance(claim, Claim)]) == 1
        assert all(isinstance(wait, float) and wait >= 0 for wait in found if not isinstance(wait, Claim))


async def test_a_server_that_has_lost_the_scripts_is_given_them_again(store: Store) -> None:
    await store.message(1)
    await store.redis.script_flush()

    assert isinstance(await store.inbox.claim("w1"), Claim)


async def test_a_thread_that_others_are_to_take_is_not_claimed(store: Store) -> None:
    await store.message(1)

    assert await store.inbox.claim("w1", avoid={THREAD}) is None
    assert isinstance(await store.inbox.claim("w2"), Claim)


async def test_a_lapsed_lease_that_nobody_took_may_still_commit(store: Store) -> None:
    short = store.with_lease(0.001)
    await short.message(1)
    claim = await short.claims()
    async with asyncio.timeout(10):
        while await short.redis.zcount(short.keys.due(short.keys.shard(THREAD)), 0, _now_ms()) == 0:
            await short.redis.ping()
    await short.inbox.commit(claim, Writes().state(ThreadState(title="in time")))

    assert (await short.threads.load(THREAD)).title == "in time"
    assert await short.inbox.claim("x") is None


async def test_a_renewed_lease_outlives_its_first_end(store: Store) -> None:
    await store.message(1)
    short = store.with_lease(0.02)
    claim = await short.claims()
    first_end = await store.redis.zscore(store.keys.due(store.keys.shard(THREAD)), str(THREAD))
    assert first_end is not None
    assert await store.inbox.renew(claim) is Renewal.HELD
    async with asyncio.timeout(10):
        while _now_ms() <= first_end:
            await store.redis.ping()

    assert not isinstance(await store.inbox.claim("other"), Claim)
    await store.inbox.commit(claim, Writes())
    assert await store.inbox.claim("other") is None


async def test_a_commit_that_arrives_again_late_does_not_undo_what_came_after(store: Store) -> None:
    for number in (1, 2):
        await store.message(number)
    claim = await store.claims()
    old = Writes().state(ThreadState(title="old"))
    await store.inbox.commit(claim, old)
    following = await store.claims()
    await store.inbox.checkpoint(following, Writes().state(ThreadState(title="new")))
    await store.inbox.commit(claim, old)

    assert (await store.threads.load(THREAD)).title == "new"


async def test_a_worker_that_has_let_its_thread_go_writes_nothing_more(store: Store) -> None:
    for number in (1, 2):
        await store.message(number)
    claim = await store.claims()
    await store.inbox.commit(claim, Writes())

    with pytest.raises(LeaseLost):
        await store.inbox.checkpoint(claim, Writes().state(ThreadState(title="late")))
    assert await store.inbox.renew(claim) is Renewal.LOST
    assert (await store.threads.load(THREAD)).title == ""


async def test_a_message_that_comes_during_the_work_is_next_and_not_claimed_by_others(store: Store) -> None:
    await store.message(1)
    claim = await store.claims()
    await store.message(2)

    assert not isinstance(await store.inbox.claim("other"), Claim)
    await store.inbox.commit(claim, Writes())
    assert (await store.claims()).event_id == "m2"


async def test_the_fence_grows_with_every_claim(store: Store) -> None:
    await store.message(1)
    fences: list[int] = []
    for _ in range(5):
        claim = await store.claims()
        fences.append(int(claim.fence))
        await store.inbox.release(claim)

    assert fences == sorted(set(fences))


async def test_scheduling_the_same_id_again_moves_the_timer(store: Store) -> None:
    await store.inbox.schedule(THREAD, ExpiryDue("a"), event_id="t", at=FAR_OFF)
    assert not isinstance(await store.inbox.claim("x"), Claim)
    await store.inbox.schedule(THREAD, ExpiryDue("b"), event_id="t", at=LONG_AGO)

    claim = await store.claims()
    assert claim.event == ExpiryDue("b")
    await store.inbox.commit(claim, Writes())
    assert await store.inbox.claim("x") is None


async def test_the_wait_for_a_far_timer_is_told_and_survives_other_events(store: Store) -> None:
    await store.inbox.schedule(THREAD, ExpiryDue("a"), event_id="t", at=FAR_OFF)
    before = await store.inbox.claim("x")
    await store.message(1)
    await store.inbox.commit(await store.claims(), Writes())
    after = await store.inbox.claim("x")

    assert isinstance(before, float)
    assert isinstance(after, float)
    assert after == pytest.approx(before, abs=60)


async def test_a_due_timer_goes_before_the_messages_that_wait(store: Store) -> None:
    await store.message(1)
    await store.inbox.schedule(THREAD, ExpiryDue("a"), event_id="t", at=LONG_AGO)

    assert (await store.claims()).event_id == "t"


async def test_a_timer_set_while_the_thread_is_worked_on_is_not_forgotten(store: Store) -> None:
    await store.message(1)
    claim = await store.claims()
    await store.inbox.schedule(THREAD, ExpiryDue("a"), event_id="t", at=LONG_AGO)
    await store.inbox.commit(claim, Writes())

    assert (await store.claims()).event_id == "t"


async def test_an_approval_is_found_by_its_id_alone(store: Store) -> None:
    threads = [ThreadRef(TEAM, SUPPORT, f"1795435{number}.000100") for number in range(200, 210)]
    ids = [store.threads.new_approval_id(thread, f"k{number}") for number, thread in enumerate(threads)]
    for number, (thread, approval_id) in enumerate(zip(threads, ids, strict=True)):
        await store.inbox.append(thread, MessageReceived("1.1", ANA, "hi"), event_ids=(f"m{number}",))
        claim = await store.claims()
        approval = an_approval(id=approval_id, thread=claim.thread)
        await store.inbox.commit(claim, Writes().approval(approval))

    found = await store.threads.approvals([*ids, "00-unknown"])
    assert [approval.thread for approval in found] == threads


async def test_a_waiting_worker_is_woken_by_a_message(store: Store) -> None:
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(store.inbox.wait(600))
        await store.message(1)
        ranks = await waiting

    assert ranks is not None
    assert [one.thread for one in ranks.waiting] == [THREAD]  # it has looked as well
    assert (await store.claims()).event_id == "m1"


async def test_a_server_that_has_lost_all_scripts_gives_the_thread_with_its_row_all_the_same(
    store: Store,
) -> None:
    await store.message(1)
    claim = await store.claims()
    await store.inbox.commit(claim, Writes().state(ThreadState(title="about this")))
    await store.message(2)
    await store.redis.script_flush()
    claim = await store.claims()

    assert claim.event_id == "m2"
    assert store.threads.opened_row(THREAD, claim.row).title == "about this"


async def test_a_nudge_wakes_somebody_who_waits_for_work(store: Store) -> None:
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(store.inbox.wait(600))
        await store.inbox.nudge()
        await waiting


async def test_nothing_that_can_be_pending_has_a_time_to_live(store: Store) -> None:
    await store.message(1)
    claim = await store.claims()
    session = store.threads.session(THREAD)
    await session.add_items([{"role": "user", "content": "hi"}])
    approval = an_approval(id=store.threads.new_approval_id(THREAD, "k"))
    writes = Writes().state(ThreadState()).session(session).run(b"{}").approval(approval)
    await store.inbox.checkpoint(claim, writes.timer("t", ExpiryDue("a"), at=FAR_OFF))

    lives = {
        key: await store.redis.ttl(key) async for key in store.redis.scan_iter(match=f"{store.prefix}:*")
    }
    assert len(lives) > 8
    asked = store.keys.asked(store.keys.shard(THREAD), THREAD.team, approval.requester)
    mortal = {store.keys.seen(THREAD, "m1").encode(), asked.encode()}
    assert {key for key, life in lives.items() if life != -1} == mortal


async def test_a_killed_redis_comes_back_with_everything_and_needs_no_new_client() -> None:
    server = RedisServer(appendfsync="always")
    server.start()
    try:
        async with client.connect(server.url) as redis, client.connect_for_acks(server.url) as quick:
            store = Store(redis, redis)
            receiver = store.on(quick)
            await store.message(1)
            claim = await store.claims()
            server.kill()
            with pytest.raises((RedisError, OSError)):
                await receiver.message(2)
            server.start()

            # The lease and the fence outlive the server; the scripts it has lost are sent again.
            assert await receiver.message(2) is Appended.STORED
            assert await store.message(1) is Appended.DUPLICATE
            await store.inbox.commit(claim, Writes().state(ThreadState(title="after")))
            assert (await store.claims()).event_id == "m2"
            assert (await store.threads.load(THREAD)).title == "after"
    finally:
        server.remove()


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - compared with the server's clock
