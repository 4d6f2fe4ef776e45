"""What Redis holds of a thread, read. Writing goes through the inbox's fenced scripts."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.delegation import Delegation
from bot.domain.errors import KeyMissing, UnknownSchema
from bot.domain.run import BrokenCall, JournalEntry, ThreadState
from bot.domain.tasks import all_of
from bot.domain.thread import ThreadRef
from bot.domain.weight import SEALED_LITTLE, beside, is_little
from bot.store.conversations import Conversations
from bot.store.held import HELD, IS_THERE, WHOLE, Name, Sealed, held, once
from bot.store.keys import Keys, place
from bot.store.records import APPROVAL, DELEGATION, JOURNAL, STATE
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer, sealed_with
from bot.store.sessions import StagedSession

#: How many approvals of a shard are read and opened at once.
SOME: Final = 100


@dataclass(frozen=True, slots=True)
class _Row:
    """What is stored of an approval, and the moment (of what is held) at which it was asked for."""

    id: str
    key: str
    sealed: bytes | str
    at: int


class ThreadStore:
    """Loads; every method raises `UnknownSchema` where what is stored cannot be read."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis = redis
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)
        #: The items of sessions, and whose words are in them.
        self.conversations = Conversations(redis, keys, sealer)

    async def insist_on_keys(self, thread: ThreadRef, approval_ids: Sequence[str]) -> None:
        """Raise `KeyMissing` where something of the thread, or of these, was sealed with a key not here.

        It is asked before anything is done: half of a thread is no ground to judge the rest on.
        """
        if not self._sealer.may_lack_keys:
            return
        keys = self._keys
        whole = [keys.session(thread), keys.words(thread), keys.journal(thread), keys.files(thread)]
        strings = [keys.state(thread), keys.run(thread), keys.workspace(thread), keys.memory(thread)]
        with contextlib.suppress(ValueError):  # an id that is none of ours
            strings += [keys.approval(approval_id) for approval_id in approval_ids]
        for head in await self._scripts.heads([*whole, *strings]):
            if self._sealer.lacks_key_of(head):
                raise KeyMissing(f"the thread needs the key {sealed_with(head)}")

    async def load(self, thread: ThreadRef) -> ThreadState:
        """The thread's row; a fresh one for a thread without."""
        return self.opened_row(thread, await self._redis.get(self._keys.state(thread)))

    def opened_row(self, thread: ThreadRef, sealed: bytes | str | None) -> ThreadState:
        """A thread's row that was read elsewhere."""
        where = place(self._keys.state(thread))
        return ThreadState() if sealed is None else STATE.load(self._sealer, sealed, where)

    async def title(self, thread: ThreadRef) -> str:
        """What a thread is about, for a list; empty where its row cannot be read."""
        try:
            return (await self.load(thread)).title
        except UnknownSchema:
            return ""

    def session(self, thread: ThreadRef, generation: int = 0) -> StagedSession:
        """The thread's session; its end is read when it is first asked for."""
        return StagedSession(str(thread), lambda: self.conversations.tail(thread, generation))

    async def run(self, thread: ThreadRef) -> bytes | None:
        """The snapshot of the thread's run, if there is one."""
        key = self._keys.run(thread)
        sealed = await self._sealed_run(thread)
        held(thread).used(key)
        if sealed is None:
            return None
        opened = await beside(
            is_little(sealed, most=SEALED_LITTLE), self._sealer.open, "run", sealed, place(key)
        )
        return str(opened).encode()

    async def foresee_run(self, thread: ThreadRef) -> None:
        """Read what a run is about to go on from beside something else; whoever asks for it then need not wait."""
        await all_of(self._sealed_run(thread), self.whole_journal(thread))

    async def _sealed_run(self, thread: ThreadRef) -> bytes | str | None:
        key = self._keys.run(thread)
        return await once(thread, key, lambda: self._redis.get(key), is_due=True)

    async def approval(self, approval_id: str) -> Approval | None:
        """An approval by its id alone; None where the id is not one of ours."""
        for approval in await self.approvals([approval_id]):
            return approval
        return None

    async def knows(self, approval_id: str) -> bool:
        """Whether there is an approval of this id, readable or not; True for an id that is none of ours."""
        try:
            return bool(await self._redis.exists(self._keys.approval(approval_id)))
        except ValueError:
            return True

    async def approvals(self, ids: Sequence[str]) -> list[Approval]:
        """The approvals of these ids, in their order, without those that are not there."""
        return [self._held(row) for row in await self._rows(ids)]

    async def readable(self, ids: Sequence[str]) -> list[Approval]:
        """The approvals of these ids, in their order, without those that cannot be read."""
        found: list[Approval] = []
        for row in await self._rows(ids):
            with contextlib.suppress(UnknownSchema):
                found.append(self._held(row))
        return found

    async def _rows(self, ids: Sequence[str]) -> list[_Row]:
        """What is stored under these ids, as far as there is anything."""
        keys: dict[str, str] = {}
        for approval_id in ids:
            with contextlib.suppress(ValueError):  # an id that is none of ours
                keys[approval_id] = self._keys.approval(approval_id)
        mine = HELD.get()
        known: Mapping[Name, Sealed] = mine.known([*keys.values()]) if mine else {}
        at = mine.moment if mine else 0
        missing = [key for key in keys.values() if key not in known]
        rows = {**known, **dict(zip(missing, await self._values(missing), strict=True))}
        found = [(one, keys[one], rows[keys[one]]) for one in ids if one in keys]
        return [_Row(one, key, sealed, at) for one, key, sealed in found if sealed is not None]

    async def _values(self, keys: Sequence[str]) -> list[bytes | str | None]:
        """The values of keys, which may be of several shards, in one round trip."""
        if len(keys) < 2:
            return [await self._redis.get(key) for key in keys]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.get(key)
            return await pipeline.execute()

    def _held(self, row: _Row) -> Approval:
        """Open an approval, and remember it where its thread is held."""
        approval = self.opened(row.id, row.sealed)
        held(approval.thread).read(row.key, row.sealed, at=row.at)
        return approval

    async def waiting_in(self, thread: ThreadRef) -> list[Approval]:
        """The approvals that wait in a thread, whatever its row says; never raises `UnknownSchema`."""
        ids = await self._redis.zrange(self._keys.pending(self._keys.shard(thread)), 0, -1)
        found = await self._readable(ids)
        return [approval for approval in found if approval.thread == thread and not approval.is_final]

    async def approved_in(self, thread: ThreadRef) -> list[Approval]:
        """The approvals of a thread whose call has yet to run, whatever its row says."""
        ids = await self._redis.zrange(self._keys.approved(self._keys.shard(thread)), 0, -1)
        return [approval for approval in await self._readable(ids) if approval.thread == thread]

    async def approved_pages(self, moment: datetime) -> int:
        """How many pages there are of `approved_before`; one at least."""
        most = 0
        for shard in range(self._keys.shards):
            key = self._keys.approved(shard)
            most = max(most, int(await self._redis.zcount(key, "-inf", int(moment.timestamp()))))
        return max(1, -(-most // SOME))

    async def approved_before(self, moment: datetime, page: int = 0) -> list[Approval]:
        """A page of the approvals whose call has yet to run though it was decided before then, the oldest first.

        What cannot be read is left out, so a page may be empty and the next one not.
        """
        found: list[Approval] = []
        for shard in range(self._keys.shards):
            ids: Any = await self._redis.zrangebyscore(
                self._keys.approved(shard), "-inf", int(moment.timestamp()), start=page * SOME, num=SOME
            )
            found += await self._readable(ids)
        return sorted(found, key=lambda approval: approval.closed_at or approval.requested_at)

    async def has_run(self, thread: ThreadRef) -> bool:
        """Tell whether there is a saved run, readable or not."""
        key = self._keys.run(thread)

        async def ask() -> bytes | None:
            return b"" if await self._redis.exists(key) else None

        return await once(thread, (key, IS_THERE), ask) is not None

    async def pending(self, team: str) -> list[Approval]:
        """Every approval of the workspace that waits, the oldest first."""
        found: list[Approval] = []
        for shard in range(self._keys.shards):
            found += await self._readable(await self._redis.zrange(self._keys.pending(shard), 0, -1))
        waiting = [approval for approval in found if not approval.is_final and approval.thread.team == team]
        return sorted(waiting, key=lambda approval: approval.requested_at)

    async def asked_by(self, team: str, user: str, *, limit: int) -> list[Approval]:
        """What a person's requests have led to, the latest first."""
        found: list[Approval] = []
        for shard in range(self._keys.shards):
            key = self._keys.asked(shard, team, user)
            found += await self._readable(await self._redis.zrange(key, 0, limit - 1, desc=True))
        return sorted(found, key=lambda approval: approval.requested_at, reverse=True)[:limit]

    async def delegation(self, team: str, user: str) -> Delegation | None:
        """Who stands in for a person, also where that is over."""
        key = self._keys.delegation(ThreadRef.home(team, user))
        sealed = await self._redis.get(key)
        if sealed is None:
            return None
        delegation = DELEGATION.load(self._sealer, sealed, place(key))
        if delegation.who != user:
            raise UnknownSchema("a stored delegation is not of the person it is stored for")
        return delegation

    async def _readable(self, ids: Sequence[Any]) -> list[Approval]:
        """Load approvals of one shard for a list, leaving out what this version cannot read."""
        found: list[Approval] = []
        names = [one.decode() for one in ids]
        for at in range(0, len(names), SOME):  # so that opening them never holds up the event loop for long
            some = names[at : at + SOME]
            rows = await self._redis.mget([self._keys.approval(name) for name in some])
            for name, sealed in zip(some, rows, strict=True):
                with contextlib.suppress(UnknownSchema):
                    found += [self.opened(name, sealed)] if sealed else []
        return found

    def opened(self, approval_id: str, sealed: bytes | str) -> Approval:
        """Open an approval; one that was stored under the name of another counts as unreadable."""
        approval = APPROVAL.load(self._sealer, sealed, place(self._keys.approval(approval_id)))
        if approval.id != approval_id:
            raise UnknownSchema("a stored approval is not the one it is stored as")
        return approval

    async def journal(self, thread: ThreadRef, effect: str, *also: str) -> JournalEntry | None:
        """What is known of a side effect; `also` others that will be asked for next, and are read with it."""
        key, mine = self._keys.journal(thread), held(thread)
        wanted = [(key, one) for one in dict.fromkeys((effect, *also))]
        known, at = mine.known([*wanted, (key, WHOLE)]), mine.moment
        sealed = known.get((key, effect))
        if (key, effect) in known:
            pass
        elif (key, WHOLE) in known:
            sealed = known[key, WHOLE].get(effect.encode())
        else:
            fields = [field for _, field in wanted]
            rows: list[Any] = await cast("Any", self._redis.hmget(key, fields))
            for name, row in zip(wanted, rows, strict=True):
                mine.read(name, row, at=at)
            sealed = rows[0]
        where = place(key, effect)
        return None if sealed is None else JOURNAL.load(self._sealer, sealed, where)

    async def knows_effect(self, thread: ThreadRef, effect: str) -> bool:
        """Whether anything is known of a side effect, readable or not."""
        return bool(await cast("Any", self._redis.hexists(self._keys.journal(thread), effect)))

    async def whole_journal(self, thread: ThreadRef) -> Mapping[bytes, bytes]:
        """All that is known of side effects, sealed; who will ask for it soon may do so beside something else."""
        key = self._keys.journal(thread)
        return await once(thread, (key, WHOLE), lambda: cast("Any", self._redis.hgetall(key)))

    async def broken(self, thread: ThreadRef) -> tuple[list[BrokenCall], bool]:
        """The calls of the thread that began and of which nobody knows how they ended.

        Second, whether that is all: False where an entry cannot be read. Never raises
        `UnknownSchema`.
        """
        key, rows = self._keys.journal(thread), await self.whole_journal(thread)
        entries: list[JournalEntry] = []
        for effect, sealed in rows.items():
            with contextlib.suppress(UnknownSchema):
                entries.append(JOURNAL.load(self._sealer, sealed, place(key, effect.decode())))
        calls = [entry.call for entry in entries if entry.is_open and entry.call is not None]
        return calls, len(entries) == len(rows)

    def new_approval_id(self, thread: ThreadRef, token: str) -> str:
        """Make an id that leads a click to the thread's shard, and says nothing else."""
        return f"{self._keys.shard(thread):02d}-{token}"
