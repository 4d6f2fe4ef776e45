"""An effect begins when Redis has confirmed that it knows of it, and not before."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import CannotStart, NotConfirmed, NotKept
from bot.domain.events import ResetRequested, ResetVia
from bot.domain.run import JournalEntry, JournalStatus
from bot.handlers.reset_intake import ResetIntake
from bot.slack.me import Me
from bot.store import client
from bot.store.check import Level, agree, insist_on_confirmation, says_what_is_on_disk
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.inbox import Appended, Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from tests.factories import ANA, TEAM, THREAD
from tests.redis_server import RedisServer
from tests.store.test_effects import Effects, a_permit, approved

DISK = Confirmation(WaitFor.DISK, timedelta(seconds=3))
REPLICAS = Confirmation(WaitFor.REPLICAS, timedelta(seconds=0.1))
SYNCED, NEVER = {"appendfsync": "everysec"}, {"appendfsync": "no"}

Start = Callable[..., RedisServer]


@pytest.fixture
def start() -> Generator[Start]:
    servers: list[RedisServer] = []

    def started(make: Callable[..., RedisServer] = RedisServer.confirming, **options: str) -> RedisServer:
        servers.append(make(**options))
        servers[-1].start()
        return servers[-1]

    yield started
    for server in servers:
        server.remove()


@pytest.fixture
async def redis(start: Start) -> AsyncGenerator[client.Redis]:
    """A server that says what is on disk."""
    async with client.connect(start(**SYNCED).url) as redis:
        yield redis


async def waited(redis: client.Redis, command: str) -> int:
    """How often a server was asked for a confirmation."""
    stats: Any = await redis.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


async def test_what_begins_is_on_disk_by_then(redis: client.Redis) -> None:
    effects = Effects(redis, DISK)
    h = await effects.handling()
    assert await waited(redis, "waitaof") == 0
    assert await effects.run(h, a_permit(approved())) == "paid"

    assert effects.seen == [JournalStatus.STARTED]
    assert await waited(redis, "waitaof") == 1


@pytest.mark.parametrize(
    ("terms", "options"),
    [(DISK, NEVER), (DISK, {"appendonly": "no"}), (REPLICAS, SYNCED)],
    ids=["not in time", "no file", "no replica"],
)
async def test_what_is_not_confirmed_is_not_begun_and_is_no_question(
    start: Start, terms: Confirmation, options: dict[str, str]
) -> None:
    async with client.connect(start(**options).url) as redis:
        effects = Effects(redis, Confirmation(terms.wait_for, timedelta(seconds=0.1)))
        h, permit = await effects.handling(), a_permit(approved(), former="f0")
        with pytest.raises(NotConfirmed):
            await effects.run(h, permit)

        assert effects.seen == []
        assert await effects.threads.broken(THREAD) == ([], True)
        assert [await effects.threads.journal(THREAD, key) for key in ("e0", "f0")] == [None, None]


async def test_a_new_try_that_is_not_confirmed_stays_one(start: Start) -> None:
    async with client.connect(start(**NEVER).url) as redis:
        effects = Effects(redis, REPLICAS)
        h = await effects.handling()
        await h.save_beside(Writes().journal("e0", JournalEntry(JournalStatus.AGAIN)))
        with pytest.raises(NotConfirmed):
            await effects.run(h, a_permit(approved()))

        assert await effects.threads.journal(THREAD, "e0") == JournalEntry(JournalStatus.AGAIN)


KEYS = Keys("t", 4)


@pytest.mark.parametrize("options", [NEVER, {"appendonly": "no"}], ids=str)
async def test_a_server_that_does_not_confirm_is_refused_where_that_is_asked_for(
    start: Start, options: dict[str, str]
) -> None:
    terms = Confirmation(WaitFor.DISK, timedelta(seconds=0.1))
    async with client.connect(start(**options).url) as redis:
        with pytest.raises(CannotStart, match="EFFECTS_WAIT_FOR=disk"):
            await insist_on_confirmation(redis, KEYS, terms, if_possible=False)
        agreed, finding = await agree(redis, KEYS, terms, if_possible=True)

    assert (agreed.wait_for, finding.level) == (WaitFor.NOTHING, Level.WARN)
    assert "same idempotency key" in finding.text


async def test_an_older_server_is_told_of_and_not_waited_for(start: Start) -> None:
    older = start(RedisServer.embedded, **SYNCED)
    async with client.connect(older.url) as redis:
        agreed, finding = await agree(redis, KEYS, DISK, if_possible=True)

    assert (agreed.wait_for, finding.level) == (WaitFor.NOTHING, Level.WARN)


async def test_a_server_that_confirms_is_waited_for(redis: client.Redis) -> None:
    assert await insist_on_confirmation(redis, KEYS, DISK, if_possible=True) == DISK


@pytest.mark.parametrize(
    ("info", "believed"),
    [
        ({"redis_version": "8.2.3"}, True),
        ({"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"}, False),
    ],
    ids=["redis", "valkey"],
)
def test_a_server_that_confirms_too_early_is_not_believed(info: dict[str, str], believed: bool) -> None:
    assert says_what_is_on_disk(info) is believed


async def test_too_few_replicas_keep_no_replica_of_the_bot_from_starting(redis: client.Redis) -> None:
    agreed, finding = await agree(redis, KEYS, REPLICAS, if_possible=False)

    assert (agreed, finding.level) == (REPLICAS, Level.WARN)


async def test_a_reset_that_only_redis_knows_of_is_acked_once_it_is_on_disk(redis: client.Redis) -> None:
    sealer = Sealer([Fernet.generate_key().decode()])
    inbox = Inbox(redis, KEYS, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30))
    me = Me(TEAM, "U0COUNTER1", "https://acme.example/")
    resets = ResetIntake(inbox, ThreadStore(redis, KEYS, sealer), me, lambda: "1795435260.000100")
    resets.confirmed = partial(DISK.is_kept, redis, KEYS)
    wish = ResetRequested(ANA, ResetVia.SHORTCUT, "1795435200.000200")

    assert await resets.wish(THREAD, user=ANA, via=wish.via, ts=wish.ts) is Appended.STORED
    assert await waited(redis, "waitaof") == 1
    # Slack's history tells of it: there it is kept.
    assert await resets.again(THREAD, wish) is Appended.DUPLICATE
    assert await waited(redis, "waitaof") == 1
    resets.confirmed = partial(REPLICAS.is_kept, redis, KEYS)
    with pytest.raises(NotKept):
        await resets.at_once(THREAD, user=ANA)
    resets.confirmed = partial(Confirmation(WaitFor.NOTHING, timedelta(seconds=1)).is_kept, redis, KEYS)
    await resets.at_once(THREAD, user=ANA)
    assert await waited(redis, "wait") == 1
