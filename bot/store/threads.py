"""What Redis holds of a thread, read. Writing goes through the inbox's fenced scripts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.approval import Approval
from bot.delegation import Delegation
from bot.errors import KeyMissing, UnknownSchema
from bot.run import BrokenCall, JournalEntry, ThreadState
from bot.store.keys import Keys, place
from bot.store.records import APPROVAL, DELEGATION, JOURNAL, STATE
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer, sealed_with
from bot.store.sessions import StagedSession
from bot.thread import ThreadRef

#: How many approvals that have yet to run are looked at in a shard at once.
SOME: Final = 100


class ThreadStore:
    """Loads; every method raises `UnknownSchema` where what is stored cannot be read."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis = redis
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)

    async def insist_on_keys(self, thread: ThreadRef, approval_ids: Sequence[str]) -> None:
        """Raise `KeyMissing` where something of the thread, or of these, was sealed with a key not here.

        It is asked before anything is done: half of a thread is no ground to judge the rest on.
        """
        if not self._sealer.may_lack_keys:
            return
        keys = self._keys
        whole = [keys.session(thread), keys.journal(thread), keys.files(thread)]
        strings = [keys.state(thread), keys.run(thread), keys.workspace(thread)]
        with contextlib.suppress(ValueError):  # an id that is none of ours
            strings += [keys.approval(approval_id) for approval_id in approval_ids]
        for head in await self._scripts.heads([*whole, *strings]):
            if self._sealer.lacks_key_of(head):
                raise KeyMissing(f"the thread needs the key {sealed_with(head)}")

    async def load(self, thread: ThreadRef) -> ThreadState:
        """The thread's row; a fresh one for a thread without."""
        key = self._keys.state(thread)
        sealed = await self._redis.get(key)
        return ThreadState() if sealed is None else STATE.load(self._sealer, sealed, place(key))

    async def title(self, thread: ThreadRef) -> str:
        """What a thread is about, for a list; empty where its row cannot be read."""
        try:
            return (await self.load(thread)).title
        except UnknownSchema:
            return ""

    def session(self, thread: ThreadRef) -> StagedSession:
        """The thread's session; it is read when it is first asked for."""

        async def load() -> list[Any]:
            key = self._keys.session(thread)
            items = await self._redis.lrange(key, 0, -1)
            return await asyncio.to_thread(
                lambda: [self._sealer.open("item", item, place(key, at)) for at, item in enumerate(items)]
            )

        return StagedSession(str(thread), load)

    async def run(self, thread: ThreadRef) -> bytes | None:
        """The snapshot of the thread's run, if there is one."""
        key = self._keys.run(thread)
        sealed = await self._redis.get(key)
        if sealed is None:
            return None
        return str(await asyncio.to_thread(self._sealer.open, "run", sealed, place(key))).encode()

    async def approval(self, approval_id: str) -> Approval | None:
        """An approval by its id alone; None where the id is not one of ours."""
        try:
            key = self._keys.approval(approval_id)
        except ValueError:
            return None
        sealed = await self._redis.get(key)
        return None if sealed is None else self._approval(approval_id, sealed)

    async def approvals(self, ids: Sequence[str]) -> list[Approval]:
        """The approvals of these ids, in their order, without those that are not there."""
        found = [await self.approval(approval_id) for approval_id in ids]
        return [approval for approval in found if approval is not None]

    async def readable(self, ids: Sequence[str]) -> list[Approval]:
        """The approvals of these ids, in their order, without those that cannot be read."""
        found: list[Approval] = []
        for approval_id in ids:
            with contextlib.suppress(UnknownSchema):
                found += [one for one in [await self.approval(approval_id)] if one is not None]
        return found

    async def waiting_in(self, thread: ThreadRef) -> list[Approval]:
        """The approvals that wait in a thread, whatever its row says; never raises `UnknownSchema`."""
        ids = await self._redis.zrange(self._keys.pending(self._keys.shard(thread)), 0, -1)
        found = await self._readable(ids)
        return [approval for approval in found if approval.thread == thread and not approval.is_final]

    async def approved_in(self, thread: ThreadRef) -> list[Approval]:
        """The approvals of a thread whose call has yet to run, whatever its row says."""
        ids = await self._redis.zrange(self._keys.approved(self._keys.shard(thread)), 0, -1)
        return [approval for approval in await self._readable(ids) if approval.thread == thread]

    async def approved_before(self, moment: datetime) -> list[Approval]:
        """Every approval whose call has yet to run though it was decided before then, the oldest first."""
        found: list[Approval] = []
        for shard in range(self._keys.shards):
            ids: Any = await self._redis.zrangebyscore(
                self._keys.approved(shard), "-inf", int(moment.timestamp()), start=0, num=SOME
            )
            found += await self._readable(ids)
        return sorted(found, key=lambda approval: approval.closed_at or approval.requested_at)

    async def has_run(self, thread: ThreadRef) -> bool:
        """Tell whether there is a saved run, readable or not."""
        return bool(await self._redis.exists(self._keys.run(thread)))

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
        if not ids:
            return []
        found: list[Approval] = []
        names = [one.decode() for one in ids]
        rows = await self._redis.mget([self._keys.approval(name) for name in names])
        for name, sealed in zip(names, rows, strict=True):
            with contextlib.suppress(UnknownSchema):
                found += [self._approval(name, sealed)] if sealed else []
        return found

    def _approval(self, approval_id: str, sealed: bytes | str) -> Approval:
        """Open an approval; one that was stored under the name of another counts as unreadable."""
        approval = APPROVAL.load(self._sealer, sealed, place(self._keys.approval(approval_id)))
        if approval.id != approval_id:
            raise UnknownSchema("a stored approval is not the one it is stored as")
        return approval

    async def journal(self, thread: ThreadRef, effect: str) -> JournalEntry | None:
        """What is known of a side effect."""
        sealed: Any = await self._redis.hget(self._keys.journal(thread), effect)
        where = place(self._keys.journal(thread), effect)
        return None if sealed is None else JOURNAL.load(self._sealer, sealed, where)

    async def broken(self, thread: ThreadRef) -> tuple[list[BrokenCall], bool]:
        """The calls of the thread that began and of which nobody knows how they ended.

        Second, whether that is all: False where an entry cannot be read. Never raises
        `UnknownSchema`.
        """
        key = self._keys.journal(thread)
        rows: dict[bytes, bytes] = await cast("Any", self._redis.hgetall(key))
        entries: list[JournalEntry] = []
        for effect, sealed in rows.items():
            with contextlib.suppress(UnknownSchema):
                entries.append(JOURNAL.load(self._sealer, sealed, place(key, effect.decode())))
        calls = [entry.call for entry in entries if entry.is_open and entry.call is not None]
        return calls, len(entries) == len(rows)

    def new_approval_id(self, thread: ThreadRef, token: str) -> str:
        """Make an id that leads a click to the thread's shard, and says nothing else."""
        return f"{self._keys.shard(thread):02d}-{token}"
