"""What a backup keeps of each kind of key, that it is whole, and where it may be restored."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from errno import ENOSPC
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.background.presence import HALF_RESTORED, Presence
from bot.conversation.handling import Handling
from bot.conversation.made_before import may_have_run
from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.audit import Deed, Entry
from bot.domain.errors import CannotRestore, CannotStart, CannotWrite
from bot.domain.events import ExpiryDue, MessageReceived
from bot.domain.roster import Replica, founded
from bot.domain.run import JournalEntry, JournalStatus, ThreadState
from bot.domain.sources import Sources
from bot.domain.thread import ThreadRef
from bot.operations.backup_report import back_up, restore
from bot.settings.config import Settings
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.backup import Backup, Piece
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.kept_kinds import KINDS, Kept, kind_of, name_of
from bot.store.keys import Keys, place
from bot.store.records import APPROVAL
from bot.store.restoring import Restoring
from bot.store.roster import Roster
from bot.store.sealer import Sealer, key_names
from bot.store.threads import ThreadStore
from bot.store.waiting import Waiting
from bot.store.writes import Writes
from tests.factories import ANA, NOON, TEAM, THREAD, an_approval
from tests.forked import ran
from tests.redis_server import RedisServer

KEY = Fernet.generate_key().decode()
LEASE = timedelta(seconds=30)
OTHER = ThreadRef(TEAM, "C0SUPPORT1", "1795435299.000100")


@dataclass(slots=True)
class Store:
    """What one prefix holds, and its backups."""

    redis: Redis
    url: str
    prefix: str = field(default_factory=lambda: f"t{secrets.token_hex(4)}")
    said: list[str] = field(default_factory=list[str])

    @property
    def keys(self) -> Keys:
        return Keys(self.prefix, 4)

    def settings(self, **changes: Any) -> Settings:
        given = {"redis_url": SecretStr(self.url), "redis_prefix": self.prefix, "redis_shards": 4}
        given |= {"state_keys": SecretStr(KEY), "lease_seconds": 30} | changes
        return Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue, reportArgumentType]

    def inbox(self) -> Inbox:
        return Inbox(self.redis, self.keys, Sealer([KEY]), dedupe_ttl=timedelta(hours=1), lease=LEASE)

    async def asks(self, thread: ThreadRef = THREAD) -> Claim:
        """A message that a worker has claimed, whose run waits for an approval by now, with all that is on record."""
        inbox = self.inbox()
        await inbox.append(thread, MessageReceived("1.1", ANA, "hi"), event_ids=(f"m1:{thread.thread_ts}",))
        claim = await inbox.claim("a worker")
        assert isinstance(claim, Claim)
        approval = an_approval(id=f"{self.keys.shard(thread):02d}-one", thread=thread)
        writes = Writes().state(ThreadState(title="refund", approvals=(approval.id,))).approval(approval)
        writes.run(b"{}").timer(f"expiry:{approval.id}", ExpiryDue(approval.id), at=approval.expires_at)
        writes.audit(Entry(f"e-{thread.thread_ts}", NOON, TEAM, Deed.REQUESTED, str(thread), person=ANA))
        writes.journal("effect", JournalEntry(JournalStatus.DONE, "paid"))
        await inbox.checkpoint(claim, writes)
        await AuditLog(self.redis, self.keys, Sealer([KEY])).chain()
        return claim

    async def backup(self, **changes: Any) -> bytes:
        into = BytesIO()
        assert await back_up(self.settings(**changes), "0.2.0", into, self.said.append), self.said
        return into.getvalue()

    async def restore(
        self, backup: bytes, *, replace: bool = False, release: str = "0.2.0", **changes: Any
    ) -> None:
        def lines() -> list[bytes]:
            return backup.splitlines(keepends=True)

        await restore(self.settings(**changes), release, lines, self.said.append, replace=replace)

    async def clear(self) -> None:
        async for key in self.redis.scan_iter(match=f"{self.prefix}:*"):
            await self.redis.delete(key)

    async def held(self) -> dict[str, Any]:
        """Everything that is kept, by name, as Redis has it."""
        backup = Backup(self.redis, self.keys, Sealer([KEY]))
        return {
            value.name: sorted(value.content) async for piece in backup.pieces() for value in piece.values
        }


class Full(BytesIO):
    """A file on a disk that has no room for more than so many bytes."""

    def write(self, given: Any) -> int:
        if self.tell() + len(given) > 2_000:
            raise OSError(ENOSPC, "No space left on device")
        return super().write(given)


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncGenerator[Store]:
    async with client.connect(redis_server.url) as redis:
        yield Store(redis, redis_server.url)


def test_of_every_kind_of_key_it_is_said_whether_it_is_kept() -> None:
    not_a_key = {
        "prefix",
        "shard",
        "moving",
        "all_votes",
        "on_record",
        "team_on_record",
        "row_beside",
        "of_shards",
    }
    named = {name for name in vars(Keys) if not name.startswith("_")} - not_a_key

    assert {kind.name for kind in KINDS} == named
    assert len(KINDS) == len(named)
    assert all(kind.kept in Kept for kind in KINDS)


def test_a_key_is_known_by_its_name() -> None:
    keys, day, home = Keys("cs", 4), 20_783, ThreadRef.home(TEAM, ANA)
    of_shard = (
        "due",
        "paces",
        "askers",
        "alarms",
        "wake",
        "hurry",
        "pending",
        "approved",
        "spent_ids",
        "outbox",
        "questions",
    )
    of_thread = (
        "row",
        "inbox",
        "timers",
        "events",
        "state",
        "session",
        "memory",
        "run",
        "workspace",
        "files",
    )
    alone = (
        "heard",
        "hearers",
        "follow_ups",
        "epoch",
        "canary",
        "trial",
        "roster",
        "sandboxes",
        "filling",
        "restoring",
    )
    made: dict[str, str] = {name: getattr(keys, name)(2) for name in of_shard}
    made |= {
        name: getattr(keys, name)(THREAD) for name in (*of_thread, "journal", "spent_in", "words", "handled")
    }
    made |= {name: getattr(keys, name)() for name in alone}
    made |= {name: getattr(keys, name)(TEAM) for name in ("audit", "audit_head", "audit_ids")}
    made |= {
        name: getattr(keys, name)(2, TEAM, "x:/y") for name in ("recent", "for_role", "of_requester", "asked")
    }
    made |= {
        "delegation": keys.delegation(home),
        "used": keys.used(home, day),
        "spent": keys.spent(2, day, "person"),
    }
    made |= {
        "votes": keys.votes(2, TEAM, day),
        "audited": keys.audited(2, TEAM),
        "approval": keys.approval("02-a"),
    }
    made |= {"seen": keys.seen(THREAD, "msg:C1:1.1"), "earlier": keys.earlier(TEAM, "pay", "x")}
    made |= {"budget": keys.budget(TEAM, "day", "x"), "held": keys.held(TEAM)[1]}
    made |= {"failure": keys.failure(2, "0123")}
    made |= {"slack_calls": keys.slack_calls("chat.update", "C1")[1], "served": keys.served(TEAM, "U1")}

    found = {name: kind_of(name_of(keys, key.encode())) for name, key in made.items()}
    assert {name: kind.name if kind else "" for name, kind in found.items()} == {name: name for name in made}
    assert made.keys() == {kind.name for kind in KINDS}
    assert kind_of("{s01}:something:new") is None


async def test_what_is_restored_is_what_was_kept_but_for_the_lease(store: Store) -> None:
    claim = await store.asks()
    before = await store.held()
    backup = await store.backup()
    await store.clear()
    await store.restore(backup)

    assert await store.held() == before
    threads = ThreadStore(store.redis, store.keys, Sealer([KEY]))
    assert (await threads.load(THREAD)).title == "refund"
    assert await threads.has_run(THREAD)
    (waiting,) = [one async for one in Waiting(store.redis, store.keys, threads).for_roles(TEAM, ["finance"])]
    assert waiting.id == (await threads.pending(TEAM))[0].id
    row: Any = await cast("Any", store.redis.hgetall(store.keys.row(THREAD)))
    assert b"owner" not in row
    assert int(row[b"fence"]) == int(claim.fence)
    audit = AuditLog(store.redis, store.keys, Sealer([KEY]))
    assert [link.entry.id async for link in audit.links(TEAM) if link] == [f"e-{THREAD.thread_ts}"]
    assert store.said[0] == "14 keys: 1 threads, 1 approvals, 1 runs."


async def test_a_thread_that_was_in_line_or_waits_for_its_time_is_again(store: Store) -> None:
    await store.asks()
    await store.inbox().append(OTHER, MessageReceived("2.1", ANA, "me too"), event_ids=("m2",))
    backup = await store.backup()
    await store.clear()
    await store.restore(backup)
    claim = await store.inbox().claim("another worker")

    assert isinstance(claim, Claim)
    assert (claim.thread, claim.event_id, claim.asker) == (OTHER, "m2", ANA)
    assert claim.restored > 0
    rests: Any = await store.redis.zscore(store.keys.due(store.keys.shard(THREAD)), str(THREAD))
    assert rests > 0  # until its lease would have ended


async def test_a_message_that_comes_between_two_reads_is_not_taken_for_seen(store: Store) -> None:
    await store.asks()
    backup = Backup(store.redis, store.keys, Sealer([KEY]))
    names: list[str] = []
    async for piece in backup.pieces():
        names += [value.name for value in piece.values]
        if piece.thread:  # by now what was seen is read
            await store.inbox().append(OTHER, MessageReceived("2.1", ANA, "me too"), event_ids=("m2",))

    assert not [name for name in names if name.endswith(":seen:m2")]


async def test_a_thread_is_of_one_moment_with_the_approvals_that_it_waits_for(store: Store) -> None:
    """The thread changes between the look at its row and the script that reads it."""
    claim = await store.asks()
    other = an_approval(id=f"{store.keys.shard(THREAD):02d}-two", thread=THREAD)
    changing = Writes().state(ThreadState(approvals=(other.id,))).approval(other)
    at = store.keys.state(THREAD)
    between: Any = _Between(store.redis, at, lambda: store.inbox().checkpoint(claim, changing))
    backup = Backup(between, store.keys, Sealer([KEY]))
    found = [piece async for piece in backup.pieces() if piece.thread]

    assert [[v.name for v in piece.values if "approval:" in v.name] for piece in found] == [
        [name_of(store.keys, store.keys.approval(other.id).encode())]
    ]


class _Between:
    """A client that does something once, behind the first time that it gets a value."""

    def __init__(self, redis: Redis, key: str, then: Any) -> None:
        self._redis, self._key, self._then = redis, key, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._redis, name)

    async def get(self, key: str) -> Any:
        found = await self._redis.get(key)
        if key == self._key and self._then is not None:
            then, self._then = self._then, None
            await then()
        return found


async def test_an_approval_that_is_of_no_thread_of_the_backup_is_left_out_unless_it_is_over(
    store: Store,
) -> None:
    claim = await store.asks()
    shard = store.keys.shard(THREAD)
    alone = an_approval(id=f"{shard:02d}-waits", thread=THREAD)
    over = replace(alone, id=f"{shard:02d}-over", status=ApprovalStatus.REJECTED)
    undone = replace(alone, id=f"{shard:02d}-undone", status=ApprovalStatus.APPROVED)
    await store.inbox().checkpoint(claim, Writes().approval(alone).approval(over).approval(undone))
    held = [name.rpartition(":")[2] for name in await store.held() if ":approval:" in name]

    assert sorted(held) == [f"{shard:02d}-one", f"{shard:02d}-over"]


async def test_an_approval_counts_as_its_thread_had_it_whatever_was_read_of_it_later(store: Store) -> None:
    await store.asks()
    backup = Backup(store.redis, store.keys, sealer := Sealer([KEY]))
    pieces = [piece async for piece in backup.pieces()]
    waits = next(v for piece in pieces for v in piece.values if ":approval:" in v.name)
    over = replace(
        an_approval(id=waits.name.rpartition(":")[2], thread=THREAD), status=ApprovalStatus.REJECTED
    )
    sealed = APPROVAL.dump(sealer, over, place(store.keys.approval(over.id)))
    await store.clear()
    await Restoring(store.redis, store.keys, sealer, Roster(store.redis, store.keys, LEASE)).write(
        [*pieces, Piece([replace(waits, content=[sealed])])]
    )

    threads = ThreadStore(store.redis, store.keys, sealer)
    assert [one.id for one in await threads.pending(TEAM)] == [over.id]


async def test_a_backup_that_was_altered_cut_or_sealed_otherwise_changes_nothing(store: Store) -> None:
    await store.asks()
    backup = await store.backup()
    await store.clear()
    lines = backup.splitlines(keepends=True)
    wrong = [
        *(backup.replace(b'"effect"', b'"effert"'), b"".join(lines[:-1]), b"".join(lines[:2] + lines[3:])),
        *(backup[:-50], b"", b"hello\n", b"[]\n", b"{}\n{}\n", lines[0], b"\xff\xfe", b"[" * 100_000),
        b"".join([*lines[:-1], b'{"seal": "by nobody"}\n']),
    ]
    for one in wrong:
        with pytest.raises(CannotRestore, match="damaged, altered or not whole"):
            await store.restore(one)
    with pytest.raises(CannotRestore, match=f"the key {key_names([KEY])[0]}, which is not among STATE_KEYS"):
        await store.restore(backup, state_keys=SecretStr(Fernet.generate_key().decode()))
    with pytest.raises(CannotRestore, match="REDIS_SHARDS is 8, and this backup is of 4"):
        await store.restore(backup, redis_shards=8)
    with pytest.raises(CannotRestore, match="REDIS_PREFIX is other"):
        await store.restore(backup, redis_prefix="other")
    with pytest.raises(CannotRestore, match=r"is of release 0\.2\.0, and this is 0\.1\.9"):
        await store.restore(backup, release="0.1.9")

    assert await store.held() == {}


async def test_a_backup_that_has_no_room_says_so_and_does_not_blame_redis(store: Store) -> None:
    await store.asks()
    with pytest.raises(CannotWrite, match="The backup could not be written: No space left on device"):
        await back_up(store.settings(), "0.2.0", Full(), store.said.append)


@pytest.mark.parametrize("to", ["a.backup", "-"])
async def test_of_nothing_there_is_no_backup_and_no_file_and_that_is_said(
    store: Store, tmp_path: Path, to: str
) -> None:
    settings = {"REDIS_URL": store.url, "REDIS_PREFIX": store.prefix, "STATE_KEYS": KEY}
    code, said = await ran(["backup", to], settings, tmp_path)

    assert (code, said) == (
        1,
        f"✗ There is nothing to back up: nothing is stored under REDIS_PREFIX {store.prefix}.\n",
    )
    assert [*tmp_path.iterdir()] == []


async def test_something_is_replaced_only_where_that_is_said_and_never_what_is_on_record(
    store: Store,
) -> None:
    await store.asks()
    backup = await store.backup()
    await store.asks(OTHER)
    with pytest.raises(CannotRestore, match="With --replace all of that is dropped, but for the audit log"):
        await store.restore(backup)
    await store.restore(backup, replace=True)

    audit = AuditLog(store.redis, store.keys, Sealer([KEY]))
    assert [link.entry.id async for link in audit.links(TEAM) if link] == [
        f"e-{t.thread_ts}" for t in (THREAD, OTHER)
    ]
    assert (await audit.written(TEAM)).count == 2
    assert not await store.redis.exists(store.keys.row(OTHER))


async def test_a_record_that_goes_another_way_is_never_replaced(store: Store) -> None:
    await store.asks()
    backup = await store.backup()
    await store.clear()
    await store.asks(OTHER)
    held = await store.held()
    with pytest.raises(CannotRestore, match=f"The audit log of {TEAM} .* is not one that goes on"):
        await store.restore(backup, replace=True)

    assert await store.held() == held
    assert not await Roster(store.redis, store.keys, LEASE).is_being_restored()


async def test_a_call_may_have_run_where_its_run_or_its_approval_is_from_before_the_restore(
    store: Store,
) -> None:
    claim = replace(await store.asks(), restored=NOON.timestamp())
    day, ts = timedelta(days=1), f"{(NOON - timedelta(days=1)).timestamp():.6f}"
    sources = Sources(lambda: NOON, lambda: "id", lambda: 0.0)

    def handling(claim: Claim, run_id: str = "", *asked_in: str) -> Handling:
        session = ThreadStore(store.redis, store.keys, Sealer([KEY])).session(THREAD)
        return Handling(claim, ThreadState(run_id=run_id, asked_in=asked_in), session, store.inbox(), sources)

    old, new = (an_approval(requested_at=NOON + one) for one in (-day, day))
    later = f"msg:{THREAD.channel}:{(NOON + day).timestamp():.6f}"
    cases = {
        "an approval from before": may_have_run(handling(claim, later), old),
        "a new approval of a run from before": may_have_run(
            handling(claim, f"msg:{THREAD.channel}:{ts}"), new
        ),
        "a run that is gone on with, from before": may_have_run(handling(claim, "retry:1", ts)),
        "nobody knows since when it runs": may_have_run(handling(claim, "retry:1")),
    }
    assert all(cases.values()), cases
    assert not may_have_run(handling(claim, later), new)
    assert not may_have_run(handling(replace(claim, restored=0.0), f"msg:{THREAD.channel}:{ts}"), old)


def a_replica(**changes: Any) -> Replica:
    values: dict[str, Any] = {
        "id": "r1",
        "host": "h",
        "shards": 4,
        "team": TEAM,
        "bot": "U0BOT",
        "policies": "p",
    }
    return Replica(**(values | changes))


async def test_nothing_is_restored_while_a_replica_serves(store: Store) -> None:
    await store.asks()
    backup = await store.backup()
    await store.clear()
    roster, replica = Roster(store.redis, store.keys, LEASE), a_replica()
    await roster.enroll(await roster.read(), founded(replica), replica)
    with pytest.raises(CannotRestore, match="1 replicas serve"):
        await store.restore(backup, replace=True)

    assert not await roster.is_being_restored()
    assert not await store.redis.exists(store.keys.row(THREAD))


async def test_what_is_restored_in_part_is_served_by_nobody_and_restored_again(store: Store) -> None:
    await store.asks()
    backup = await store.backup()
    held = await store.held()
    # As a restore leaves it that is killed between the threads and the end of the record.
    await store.redis.set(store.keys.restoring(), "1")
    await store.redis.delete(store.keys.audit_head(TEAM), store.keys.run(THREAD))
    roster, replica = Roster(store.redis, store.keys, LEASE), a_replica(bot="U0RESTORED")
    with pytest.raises(CannotStart) as refused:
        await Presence(roster, replica, store.prefix).join()
    assert str(refused.value) == HALF_RESTORED
    assert (await roster.read()).living == ()
    with pytest.raises(CannotRestore, match="A restore broke off here"):
        await store.restore(backup)
    await store.redis.delete(store.keys.audit(TEAM))
    await store.restore(backup, replace=True)

    assert {name: held[name] for name in held} == {
        n: v for n, v in (await store.held()).items() if n != "roster"
    }
    assert not await roster.is_being_restored()
