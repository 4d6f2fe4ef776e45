"""The engine on a real Redis: races, dead workers, late writers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.errors import LeaseLost, MessageBehind, UnknownSchema
from bot.domain.events import Lane, MessageReceived, ResetRequested, ResetVia, StopRequested
from bot.domain.run import JournalEntry, JournalStatus, Reply, ThreadState
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim, Renewal
from bot.store.inbox import Appended, Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from tests.factories import an_approval
from tests.redis_server import RedisServer

THREAD = ThreadRef("T1", "C1", "1795435200.000100")
KEY = Fernet.generate_key().decode()


class Store:
    """An engine with a short lease and a prefix of its own."""

    def __init__(self, redis: Redis, *, lease: float = 30.0, key: str = KEY, prefix: str = "") -> None:
        self.redis = redis
        self.keys = Keys(prefix or f"t{secrets.token_hex(4)}", 2)
        self.sealer = Sealer([key])
        self.inbox = Inbox(
            redis,
            self.keys,
            self.sealer,
            dedupe_ttl=timedelta(hours=25),
            lease=timedelta(seconds=lease),
        )
        self.threads = ThreadStore(redis, self.keys, self.sealer)

    async def message(self, number: int, *, thread: ThreadRef = THREAD, text: str = "hi") -> Appended:
        """Append the message with this number."""
        ts = f"1795435200.{number:06d}"
        event = MessageReceived(ts=ts, user="U1", text=text)
        return await self.inbox.append(thread, event, event_ids=(f"msg:{thread.channel}:{ts}",), order=ts)

    async def claims(self) -> Claim:
        """Claim what is due, which there is."""
        found = await self.inbox.claim(secrets.token_hex(4))
        assert isinstance(found, Claim)
        return found

    async def claims_later(self) -> Claim:
        """Claim as soon as something is due."""
        async with asyncio.timeout(10):
            while not isinstance(found := await self.inbox.claim(secrets.token_hex(4)), Claim):
                await self.inbox.wait(found or 0.01)
        return found


Make = Callable[..., Store]


@pytest.fixture
async def make(redis_server: RedisServer) -> AsyncGenerator[Make]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(client.connect(redis_server.url))
        yield lambda **options: Store(redis, **options)


async def test_what_waits_is_counted_by_lane_and_the_one_that_is_handled_is_of_them(make: Make) -> None:
    store = make()
    for number in (1, 2, 3):
        await store.message(number)
    await store.inbox.append(THREAD, StopRequested("U1"), event_ids=("stop:1",))

    assert await store.inbox.waits(THREAD) == 4
    assert await store.inbox.waits(THREAD, since=Lane.MESSAGE) == 3


async def test_racing_workers_handle_every_event_once_and_in_order(make: Make) -> None:
    store = make()
    threads = [ThreadRef("T1", f"C{number}", "1.000001") for number in range(8)]
    for number in range(10):
        for thread in threads:
            await store.message(number, thread=thread)
    handled: list[tuple[str, str]] = []

    async def work() -> None:
        while isinstance(claim := await store.inbox.claim(secrets.token_hex(4)), Claim):
            handled.append((str(claim.thread), claim.event_id))
            await store.inbox.commit(claim, Writes())

    await asyncio.gather(*(work() for _ in range(6)))

    assert len(handled) == len(set(handled)) == 80
    for thread in threads:
        own = [event_id for name, event_id in handled if name == str(thread)]
        assert own == sorted(own)


async def test_a_dead_workers_event_is_claimed_again_and_the_late_worker_writes_nothing(make: Make) -> None:
    store = make(lease=0.05)
    await store.message(1)
    late = await store.claims()
    second = await store.claims_later()
    assert (second.event_id, second.tries) == (late.event_id, 2)

    for write in (store.inbox.checkpoint, store.inbox.commit):
        with pytest.raises(LeaseLost):
            await write(late, Writes().state(ThreadState(title="late")))
    assert await store.inbox.renew(late) is Renewal.LOST
    assert (await store.threads.load(THREAD)).title == ""

    await store.inbox.commit(second, Writes().state(ThreadState(title="second")))
    assert (await store.threads.load(THREAD)).title == "second"


async def test_a_commit_sent_twice_writes_once(make: Make) -> None:
    store = make()
    await store.message(1)
    claim = await store.claims()
    session = store.threads.session(THREAD)
    await session.add_items([{"role": "user", "content": "hi"}])

    await store.inbox.commit(claim, Writes().session(session))
    await store.inbox.commit(claim, Writes().session(session))

    assert len(await store.threads.session(THREAD).get_items()) == 1


async def test_a_commit_sent_twice_with_more_to_do_drops_one_event(make: Make) -> None:
    store = make()
    for number in (1, 2):
        await store.message(number)
    claim = await store.claims()

    for _ in range(2):
        await store.inbox.commit(claim, Writes())

    assert (await store.claims()).event_id == "msg:C1:1795435200.000002"


async def test_an_event_is_accepted_once_by_any_of_its_ids(make: Make) -> None:
    store = make()
    event = MessageReceived(ts="1.000001", user="U1", text="hi")

    async def deliver(*event_ids: str) -> Appended:
        return await store.inbox.append(THREAD, event, event_ids=event_ids, order="1.000001")

    answers = await asyncio.gather(*(deliver("msg:C1:1.000001", f"evt:{n}") for n in range(20)))

    assert sorted(answers) == [Appended.DUPLICATE] * 19 + [Appended.STORED]
    assert await deliver("msg:C1:other", "evt:3") is Appended.DUPLICATE


async def test_a_follow_up_counts_only_in_a_thread_the_bot_is_in(make: Make) -> None:
    store = make()
    event = MessageReceived(ts="1.000001", user="U1", text="hi")

    async def follow_up() -> Appended:
        return await store.inbox.append(
            THREAD, event, event_ids=("m1",), order="1.000001", only_if_known=True
        )

    assert await follow_up() is Appended.UNKNOWN_THREAD
    await store.message(1)
    assert await follow_up() is Appended.STORED


async def test_a_reset_overtakes_messages_and_interrupts_the_run(make: Make) -> None:
    store = make()
    for number in (1, 2):
        await store.message(number)
    claim = await store.claims()
    assert await store.inbox.renew(claim) is Renewal.HELD

    reset = ResetRequested(user="U1", via=ResetVia.MENTION, ts="9.000000")
    await store.inbox.append(THREAD, reset, event_ids=("r",), order="1795435299.000000")
    assert await store.inbox.renew(claim) is Renewal.INTERRUPTED

    await store.inbox.commit(claim, Writes())
    assert (await store.claims()).event == reset


async def test_a_reset_that_is_said_interrupts_the_run_where_it_is_said_again(make: Make) -> None:
    store = make()
    await store.message(1)
    claim = await store.claims()
    found: list[Renewal] = []
    for number in (1, 2):
        reset = ResetRequested(user="U1", via=ResetVia.MENTION, ts=f"{number}.000000")
        order = f"179543529{number}.000000"
        await store.inbox.append(THREAD, reset, event_ids=(f"msg:C1:{number}",), order=order)
        found.append(await store.inbox.renew(claim))

    assert found == [Renewal.RESET_SAID, Renewal.INTERRUPTED]


async def test_messages_are_worked_off_by_slack_time_not_by_arrival(make: Make) -> None:
    store = make()
    for number in (3, 1, 2):
        await store.message(number)

    order: list[str] = []
    while isinstance(claim := await store.inbox.claim("x"), Claim):
        order.append(claim.event_id[-1])
        await store.inbox.commit(claim, Writes())

    assert order == ["1", "2", "3"]


async def test_a_timer_fires_although_messages_came_in_between(make: Make) -> None:
    store = make()
    await store.message(1)
    claim = await store.claims()
    at = datetime.now(UTC) + timedelta(milliseconds=80)  # noqa: TID251 - the server compares with its clock
    await store.inbox.commit(claim, Writes().timer("expiry:x", StopRequested("U1"), at=at))
    await store.message(2)
    worked_on: set[str] = set()
    for _ in range(2):  # in which order hangs on how long all that took
        claim = await store.claims_later()
        worked_on.add(claim.event_id)
        await store.inbox.commit(claim, Writes())

    assert len(worked_on) == 2
    assert "expiry:x" in worked_on
    assert await store.inbox.claim("x") is None


async def test_a_cancelled_timer_stays_silent(make: Make) -> None:
    store = make()
    at = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251 - the server compares with its clock
    await store.inbox.schedule(THREAD, StopRequested("U1"), event_id="t", at=at)
    await store.message(1)
    await store.inbox.commit(await store.claims(), Writes().cancel_timers("t"))

    assert await store.inbox.claim("x") is None


async def test_a_checkpoint_that_is_to_be_alone_writes_nothing_before_a_message(make: Make) -> None:
    store = make()
    await store.message(1)
    claim = await store.claims()
    await store.inbox.checkpoint(claim, Writes().state(ThreadState(title="one")), alone=True)
    await store.inbox.append(THREAD, StopRequested("U1"), event_ids=("stop",))
    await store.message(2)  # behind the stop, which goes first
    await store.inbox.checkpoint(claim, Writes().state(ThreadState(title="two")), alone=True)
    assert (await store.threads.load(THREAD)).title == "two"

    await store.redis.zrem(store.keys.inbox(THREAD), "stop")
    with pytest.raises(MessageBehind):
        await store.inbox.checkpoint(claim, Writes().state(ThreadState(title="three")), alone=True)
    assert (await store.threads.load(THREAD)).title == "two"
    await store.inbox.checkpoint(claim, Writes().state(ThreadState(title="four")))
    assert (await store.threads.load(THREAD)).title == "four"


async def test_a_checkpoint_that_is_to_be_alone_is_fenced(make: Make) -> None:
    store = make()
    await store.message(1)
    claim = await store.claims()
    await store.redis.hset(store.keys.row(THREAD), "owner", "somebody else")
    await store.message(2)
    with pytest.raises(LeaseLost):
        await store.inbox.checkpoint(claim, Writes().state(ThreadState(title="late")), alone=True)
    assert (await store.threads.load(THREAD)).title == ""


async def test_a_timer_that_has_rung_is_cancelled_unless_somebody_has_begun_it(make: Make) -> None:
    store = make()
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    for name in ("begun", "rung"):
        await store.inbox.schedule(THREAD, StopRequested("U1"), event_id=name, at=long_ago)
    begun = await store.claims()
    await store.inbox.checkpoint(begun, Writes().cancel_timers("begun", "rung"))
    await store.inbox.release(begun)

    assert (
        await store.claims()
    ).event_id == "begun"  # whoever had begun it may have left something to be said
    assert await store.redis.zrange(store.keys.inbox(THREAD), 0, -1) == [b"begun"]


async def test_a_released_event_comes_again_after_its_pause(make: Make) -> None:
    store = make()
    await store.message(1)
    claim = await store.claims()
    await store.inbox.release(claim, retry_in=timedelta(milliseconds=60))

    pause = await store.inbox.claim("x")
    assert isinstance(pause, float)
    again = await store.claims_later()
    assert (again.event_id, again.tries) == (claim.event_id, 2)

    for _ in range(3):
        await store.inbox.release(again, forgive=True)
        again = await store.claims_later()
        assert again.tries == 2  # never too often; and never like one that nobody has touched


async def test_a_new_message_ends_the_pause_but_not_the_order(make: Make) -> None:
    store = make()
    await store.message(1)
    await store.inbox.release(await store.claims(), retry_in=timedelta(hours=1))
    await store.message(2)

    assert (await store.claims()).event_id == "msg:C1:1795435200.000001"


async def test_an_unreadable_event_is_handed_out_empty_so_that_it_can_be_dropped(make: Make) -> None:
    store = make()
    await store.message(1)
    await store.redis.hset(store.keys.events(THREAD), "msg:C1:1795435200.000001", b"garbage")  # pyright: ignore[reportGeneralTypeIssues]

    claim = await store.claims()
    assert claim.event is None
    await store.inbox.commit(claim, Writes())
    assert await store.inbox.claim("x") is None


async def test_nothing_that_people_wrote_can_be_read_in_redis(make: Make, redis_server: RedisServer) -> None:
    store = make(prefix="sealed")
    secret = "the-very-secret-words"
    await store.message(1, text=secret)
    claim = await store.claims()
    session = store.threads.session(THREAD)
    await session.add_items([{"role": "user", "content": secret}])
    approval = an_approval(id="00-abc", thread=THREAD, arguments=f'{{"reason":"{secret}"}}')
    entry = JournalEntry(JournalStatus.DONE, secret)
    writes = Writes().state(ThreadState(title=secret, replies=(Reply("e"),))).session(session)
    await store.inbox.commit(claim, writes.run(secret.encode()).approval(approval).journal("k", entry))

    for key in [key async for key in store.redis.scan_iter(match="sealed:*")]:
        assert secret.encode() not in (await store.redis.dump(key) or b"")
    assert await store.threads.run(THREAD) == secret.encode()
    assert await store.threads.approval("00-abc") == approval
    assert await store.threads.journal(THREAD, "k") == entry
    other = make(prefix="sealed", key=Fernet.generate_key().decode())
    with pytest.raises(UnknownSchema):
        await other.threads.load(THREAD)


async def test_recent_threads_of_a_person_are_listed_newest_first(make: Make) -> None:
    store = make()
    threads = [ThreadRef("T1", "C1", f"1795435{number}.000000") for number in range(200, 205)]
    for thread in threads:
        event = MessageReceived(ts=thread.thread_ts, user="U1", text="hi")
        await store.inbox.append(
            thread, event, event_ids=(thread.thread_ts,), order=thread.thread_ts, participant="U1"
        )

    assert await store.inbox.recent("T1", "U1", channel="C1", limit=3) == threads[:1:-1]
    assert await store.inbox.recent("T1", "U2", limit=3) == []


async def test_a_forgotten_thread_keeps_its_approvals_for_late_clicks(make: Make) -> None:
    store = make()
    await store.message(1)
    session = store.threads.session(THREAD)
    await session.add_items([{"role": "user", "content": "hi"}])
    approval = an_approval(id="00-abc", thread=THREAD)
    following = await store.claims()
    await store.inbox.checkpoint(following, Writes().session(session).run(b"{}").approval(approval))
    await store.inbox.commit(following, Writes().forget())

    assert await store.threads.session(THREAD).get_items() == []
    assert await store.threads.run(THREAD) is None
    assert await store.threads.approval("00-abc") == approval


@pytest.mark.parametrize("name", ["", "abc", "99-x", "0x1-a", "00-", "00-x\u00e9"])
async def test_an_id_that_is_not_ours_finds_no_approval(make: Make, name: str) -> None:
    assert await make().threads.approval(name) is None
