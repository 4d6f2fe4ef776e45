"""What requests of models used, on a real Redis: each once, whoever writes it and however often it is sent."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.background.metering import metered
from bot.conversation.handling import Handling
from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.audit import Deed
from bot.domain.errors import LeaseLost
from bot.domain.events import MessageReceived
from bot.domain.meter import PRESENT
from bot.domain.run import ThreadState
from bot.domain.sources import Sources
from bot.domain.thread import ThreadRef
from bot.domain.usage import Account, Dimension, Kind, Spent, Tokens, Usage, day_of, total, usage_of
from bot.operations import usage_report
from bot.operations.usage_report import By, Layout
from bot.settings.config import Settings
from bot.store import client, writes
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from bot.store.writes import Writes
from bot.telemetry.metrics import Metrics
from tests.factories import ANA, MEI, NOON, SUPPORT, TEAM, THREAD, an_approval
from tests.monitoring import totals
from tests.redis_server import RedisServer

TODAY = day_of(NOON)
BILLING = Account(Kind.ANSWER, "Billing", "openai:gpt-5")
GUARD = Account(Kind.GUARD, "Guard", "deepseek:deepseek-chat")


def spent(id: str = "", **changes: Any) -> Spent:
    """A request of Ana's, for a cent and a bit."""
    values: dict[str, Any] = {"tokens": Tokens(1000, 200, 30, 10), "cost": Decimal("0.010000000001")}
    return replace(Spent(id or secrets.token_hex(4), NOON, ANA, BILLING), **(values | changes))


class Books:
    """A thread whose worker writes what its requests used."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)
        sealer = Sealer([Fernet.generate_key().decode()])
        self.inbox = Inbox(
            redis, self.keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30)
        )
        self.threads = ThreadStore(redis, self.keys, sealer)
        self.book = UsageBook(redis, self.keys)
        self.sources = Sources(lambda: NOON, lambda: secrets.token_hex(4), lambda: 0.0)
        self.metrics = Metrics()

    async def claims(self, thread: ThreadRef = THREAD, user: str = ANA) -> Claim:
        event = MessageReceived(ts="1795435200.000100", user=user, text="hi")
        await self.inbox.append(thread, event, event_ids=(secrets.token_hex(4),))
        found = await self.inbox.claim(secrets.token_hex(4))
        assert isinstance(found, Claim)
        return found

    async def handling(self) -> Handling:
        state, session = ThreadState(authors=(ANA,)), self.threads.session(THREAD)
        return Handling(await self.claims(), state, session, self.inbox, self.sources, self.metrics)

    async def by(self, what: Dimension, day: int = TODAY) -> dict[str, Usage]:
        return await self.book.lines(what, [day])

    async def all(self) -> Usage:
        """All that is on the books; every way to add it up must come to the same."""
        ways = [total((await self.by(what)).values()) for what in Dimension]
        assert len(set(ways)) == 1
        return ways[0]

    async def overtaken(self) -> None:
        """Let another worker have the thread."""
        await self.redis.hset(self.keys.row(THREAD), "owner", "another")  # pyright: ignore[reportGeneralTypeIssues]


@pytest.fixture
async def books(redis_server: RedisServer) -> AsyncGenerator[Books]:
    async with client.connect(redis_server.url) as redis:
        yield Books(redis)


def sum_of(requests: Sequence[Spent]) -> Usage:
    return total(usage_of(one) for one in requests)


async def test_a_commit_adds_its_requests_up_in_every_way_and_to_the_last_digit(books: Books) -> None:
    requests = [spent(), spent(account=GUARD, cost=None), spent(tokens=None, cost=None), spent(person=MEI)]

    await books.inbox.commit(await books.claims(), Writes().usage(requests))

    assert await books.all() == sum_of(requests)
    assert (await books.all()).cost == Decimal("0.020000000002")
    assert await books.by(Dimension.PERSON) == {ANA: sum_of(requests[:3]), MEI: sum_of(requests[3:])}
    assert set(await books.by(Dimension.CHANNEL)) == {SUPPORT}
    assert set(await books.by(Dimension.THREAD)) == {str(THREAD)}
    assert set(await books.by(Dimension.AGENT)) == {"Billing", "Guard"}
    assert set(await books.by(Dimension.MODEL)) == {"openai:gpt-5", "deepseek:deepseek-chat"}
    assert (await books.by(Dimension.KIND))["guard"] == sum_of(requests[1:2])
    assert await books.book.of(Dimension.PERSON, MEI, TODAY) == sum_of(requests[3:])
    assert await books.book.of_threads([THREAD]) == [sum_of(requests)]
    assert await books.by(Dimension.PERSON, TODAY - 1) == {}


async def test_a_checkpoint_that_is_sent_again_counts_once(books: Books) -> None:
    claim, requests = await books.claims(), [spent("one"), spent("two")]

    await books.inbox.checkpoint(claim, Writes().usage(requests))
    await books.inbox.checkpoint(claim, Writes().usage(requests))
    await books.inbox.commit(claim, Writes().usage([*requests, spent("three")]))

    assert (await books.all()).requests == 3


async def test_who_lost_the_lease_writes_nothing_with_a_commit_and_once_beside_it(books: Books) -> None:
    claim, requests = await books.claims(), [spent()]
    await books.overtaken()
    with pytest.raises(LeaseLost):
        await books.inbox.commit(claim, Writes().usage(requests))
    assert (await books.all()).requests == 0

    await books.book.add(THREAD, requests)
    await books.book.add(THREAD, requests)

    assert await books.all() == sum_of(requests)


async def test_a_handling_writes_what_is_over_with_whatever_it_writes_next_and_once(books: Books) -> None:
    async with metered(books.book, books.sources, THREAD):
        h = await books.handling()
        meter = h.meter
        assert meter is PRESENT.get()
        first, second = meter.begin(GUARD), meter.begin(BILLING)
        first.told(Tokens(10, 0, 5, 0), Decimal("0.1"), "resp_1")
        first.is_over = True
        await h.save(authors=(MEI,))
        assert await books.by(Dimension.PERSON) == {MEI: Usage(1, Tokens(10, 0, 5, 0), Decimal("0.1"))}

        second.told(Tokens(20, 0, 0, 0), Decimal("0.2"), "not an id, but words")
        second.is_over = True
        await books.inbox.commit(h.claim, h.finish())
        assert totals(books.metrics)["model_requests_total"] == 1
        h.committed()
        assert meter.rest() == []
        assert totals(books.metrics)["model_requests_total"] == 2
        assert totals(books.metrics)["input_tokens_total"] == 30

    assert await books.all() == Usage(2, Tokens(30, 0, 5, 0), Decimal("0.3"))
    ids: Any = await books.redis.zrange(books.keys.spent_ids(books.keys.shard(THREAD)), 0, -1)
    assert [":" in one.decode() for one in ids] == [True, False]


async def test_what_no_commit_wrote_is_written_at_the_end_whatever_that_is(books: Books) -> None:
    async with metered(books.book, books.sources, THREAD, books.metrics):
        h = await books.handling()
        request = h.meter.begin(BILLING)
        request.told(Tokens(10, 0, 5, 0), Decimal("0.1"), "resp_1")
        h.meter.begin(BILLING)  # nobody follows it any more, and its server never told
        await books.overtaken()
        with pytest.raises(LeaseLost):
            await h.save(authors=(MEI,))
        assert totals(books.metrics) == {}

    assert await books.all() == Usage(2, Tokens(10, 0, 5, 0), Decimal("0.1"), untold=1)
    counted = totals(books.metrics)
    assert (counted["model_requests_total"], counted["untold_requests_total"]) == (2, 1)
    assert (counted["input_tokens_total"], counted["output_tokens_total"]) == (10, 5)


async def test_a_check_of_a_message_that_begins_no_run_is_its_writers_and_nobody_elses(books: Books) -> None:
    async with metered(books.book, books.sources, THREAD):
        h = await books.handling()
        h.state = replace(h.state, authors=(MEI,), run_id="m0")  # of a run that has ended
        h.meter.begin(GUARD).is_over = True
        await books.inbox.commit(h.claim, h.finish())
        h.committed()

    assert await books.by(Dimension.PERSON) == {ANA: Usage(1, untold=1)}


async def test_what_was_used_before_anything_was_written_is_somebodys(books: Books) -> None:
    async with metered(books.book, books.sources, THREAD):
        h = await books.handling()
        h.meter.begin(GUARD)

    assert await books.by(Dimension.PERSON) == {ANA: Usage(1, untold=1)}


async def test_an_end_of_an_approval_counts_once_it_is_written_and_then_once(books: Books) -> None:
    h = await books.handling()
    asked = an_approval(thread=THREAD, requested_at=NOON - timedelta(hours=2))
    closed = replace(asked, status=ApprovalStatus.REJECTED)
    h.note(Deed.REMINDED, asked)
    h.note(Deed.DECIDED, asked)  # one of two who must agree
    h.note(Deed.DECIDED, closed)
    h.note(Deed.EXECUTED, closed)
    assert totals(books.metrics) == {}

    await h.save(closed)
    await h.save(closed)

    assert totals(books.metrics) == {"record_entries_total": 4, "decision_seconds_count": 1}
    h.note(Deed.WITHDRAWN, closed)
    await books.overtaken()
    with pytest.raises(LeaseLost):
        await h.save(closed)
    assert totals(books.metrics)["decision_seconds_count"] == 1


async def test_a_request_that_was_turned_down_is_none(books: Books) -> None:
    async with metered(books.book, books.sources, THREAD):
        h = await books.handling()
        h.meter.refused(h.meter.begin(BILLING))
    assert (await books.all()).requests == 0


async def test_a_day_has_room_for_so_many_names_and_adds_up_the_rest_without_theirs(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "MOST_FIELDS", 14)
    people = [f"U{number}" for number in range(6)]

    requests = [spent(person=person) for person in [*people, *people]]
    await books.book.add(THREAD, requests)

    lines = await books.by(Dimension.PERSON)
    assert set(lines) == {"U0", "U1", ""} or set(lines) == {"U0", "U1", "U2", ""}
    assert total(lines.values()) == sum_of(requests)
    assert lines["U0"].requests == 2


async def test_a_number_beyond_what_redis_adds_up_fails_no_commit(books: Books) -> None:
    most = spent(cost=Decimal(9_000_000))
    await books.inbox.commit(await books.claims(), Writes().usage([most]))
    await books.inbox.commit(await books.claims(), Writes().usage([spent(cost=Decimal(9_000_000))]))

    lines = await books.by(Dimension.PERSON)
    assert (lines[ANA].requests, lines[ANA].cost) == (2, Decimal(9_000_000))


async def test_nothing_is_kept_for_ever(books: Books) -> None:
    for number in range(3):
        await books.book.add(ThreadRef(TEAM, SUPPORT, f"1.{number}"), [spent()])

    keys = [key async for key in books.redis.scan_iter(match=f"{books.keys.prefix}:*spent*")]
    ttls = {key.decode().rsplit(":", 1)[1]: await books.redis.ttl(key) > 0 for key in keys}
    assert ttls.pop("ids") is False  # bounded by its length
    assert all(ttls.values())


async def test_a_shard_knows_only_its_latest_requests_by_id(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "REQUESTS_KNOWN", 5)
    for _ in range(4):
        await books.book.add(THREAD, [spent() for _ in range(5)])

    assert await books.redis.zcard(books.keys.spent_ids(books.keys.shard(THREAD))) == 5
    assert (await books.all()).requests == 20


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
async def test_any_day_of_the_calendar_may_be_named(redis_server: RedisServer, moment: datetime) -> None:
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        redis_url=SecretStr(redis_server.url),
        redis_prefix=f"t{secrets.token_hex(4)}",
    )
    said, at = list[str](), moment.replace(tzinfo=UTC)
    for since, until in ((at, None), (None, at), (at, at)):
        await usage_report.report(settings, By.DAY, since, until, Layout.TABLE, said.append)
    assert said == ["No requests of models are on the books for these days."] * 3
