"""Writes a backup back, under a mark that keeps replicas from serving what is there in part.

What was done since the backup is not in it. So the moment of the restore is noted: what is from before is looked for in
Slack, and no call that was asked for before runs until its service was asked whether it has run already.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.approvals.approval import Approval
from bot.domain.errors import CannotRestore, UnknownSchema
from bot.domain.thread import ThreadRef
from bot.store.audit import AuditLog
from bot.store.backup import Piece, Value
from bot.store.kept_kinds import Kept, kind_of, name_of, named, of_thread
from bot.store.keys import Keys
from bot.store.roster import Roster
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.waiting import lists_of, rank

#: Values of one command.
CHUNK: Final = 500
#: What the epoch knows the process by until a replica has met it; no `run_id` of Redis is that.
NOBODY: Final = "restored"

SERVED: Final = "{} replicas serve under this REDIS_PREFIX. Stop every one first: what they work on would be mixed with what comes back."
OTHER_RECORD: Final = (
    "The audit log of {} under this REDIS_PREFIX is not one that goes on from this backup's: nothing was changed. "
    "Restore into an empty prefix of another Redis."
)


class Restoring:
    """Writes pieces into a prefix that nobody serves."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer, roster: Roster) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._roster = roster
        self._threads = ThreadStore(redis, keys, sealer)
        self._audit = AuditLog(redis, keys, sealer)
        self._keeps_record = False
        self.written = 0

    async def begin(self, heads: Mapping[str, str], *, replace: bool) -> int:
        """Mark the prefix, and empty it but for a record that goes on from the backup's; returns how many keys went.

        Raises `CannotRestore`, and has then changed nothing: where a replica serves, where something is stored and
        is not to be replaced, or where the record is another one.
        """
        mark = self._keys.restoring()
        broke_off = not await self._redis.set(mark, "1", nx=True)
        try:
            # Marked before it is asked: a replica that joins looks for the mark behind that.
            if living := (await self._roster.read()).living:
                raise CannotRestore(SERVED.format(len(living)))
            if not replace and (stored := await self._count()):
                raise CannotRestore(_taken(self._keys.prefix, stored, broke_off=broke_off))
            self._keeps_record = await self._goes_on_from(heads, broke_off=broke_off)
        except CannotRestore:
            if not broke_off:
                await self._redis.delete(mark)
            raise
        return await self._empty()

    async def write(self, pieces: Iterable[Piece]) -> None:
        """Write everything of a backup."""
        for piece in pieces:
            async with self._redis.pipeline(transaction=False) as pipeline:
                if piece.thread:
                    self._place(pipeline, ThreadRef.parse(piece.thread), piece.line)
                for value in piece.values:
                    await self._write(pipeline, value, piece)
                await pipeline.execute()

    async def end(self) -> None:
        """Note the moment of the restore, and let replicas serve."""
        seconds, micros = await self._redis.time()
        now = f"{seconds}.{micros:06d}"
        known = {"run_id": NOBODY, "since": now, "read": "0", "restored": now}
        await self._redis.hset(self._keys.epoch(), mapping=known)
        await self._redis.delete(self._keys.restoring())

    def _place(self, pipeline: Any, thread: ThreadRef, line: Sequence[bytes]) -> None:
        """Drop what is there of a thread, and give it back its place in line."""
        shard, name = self._keys.shard(thread), str(thread)
        due, asker, alarm = line
        pipeline.delete(*of_thread(self._keys, thread))
        for key, score in ((self._keys.due(shard), due), (self._keys.alarms(shard), alarm)):
            _ = pipeline.zadd(key, {name: float(score)}) if score else pipeline.zrem(key, name)
        if asker:
            pipeline.hset(self._keys.askers(shard), name, asker)

    async def _write(self, pipeline: Any, value: Value, piece: Piece) -> None:
        kind, key = kind_of(value.name), named(self._keys, value.name)
        if kind is None or kind.kept in {Kept.NO, Kept.ANEW}:
            raise CannotRestore("This backup has something that this release does not know.")
        if kind.kept is Kept.RECORD and self._keeps_record:
            return
        if kind.name == "approval" and not piece.thread and await self._redis.exists(key):
            return  # the one that is of a thread's moment counts
        if not piece.is_page:
            pipeline.delete(key)
        _put(pipeline, key, value)
        if value.until:
            pipeline.pexpireat(key, value.until)
        if kind.name == "approval":
            self._list(pipeline, value)
        self.written += not piece.is_page

    def _list(self, pipeline: Any, value: Value) -> None:
        """Put an approval on the lists of what waits and of what has yet to run, which are not kept."""
        try:
            approval = self._threads.opened(value.name.rpartition(":")[2], value.content[0])
        except UnknownSchema:
            return  # it is nobody's to decide then; whoever clicks is told
        shard = self._keys.shard(approval.thread)
        for key, score in _places(self._keys, shard, approval).items():
            _ = pipeline.zrem(key, approval.id) if score is None else pipeline.zadd(key, {approval.id: score})

    async def _goes_on_from(self, heads: Mapping[str, str], *, broke_off: bool) -> bool:
        """Whether there is a record here that has the backup's in it; False where there is none.

        What a restore that broke off has left of one may be dropped; anything else is refused.
        """
        teams = await self._audit.teams()
        for team in sorted({*teams, *heads}) if teams else ():
            if not await self._has(team, heads.get(team, "0:")):
                if broke_off:
                    return False
                raise CannotRestore(OTHER_RECORD.format(team))
        return bool(teams)

    async def _has(self, team: str, head: str) -> bool:
        seq, _, expected = head.partition(":")
        if seq == "0":
            return True
        async for link in self._audit.links(team, int(seq) - 1):
            return link is not None and link.hash == expected
        return False

    async def _count(self) -> int:
        return len([name async for name in self._stored()])

    async def _empty(self) -> int:
        count, page = 0, list[str]()
        async for name in self._stored():
            page.append(named(self._keys, name))
            if len(page) == CHUNK:
                count += await self._redis.unlink(*page)
                page = []
        return count + (await self._redis.unlink(*page) if page else 0)

    async def _stored(self) -> AsyncGenerator[str]:
        """The names of all that is stored but the mark, and a record that is kept."""
        async for key in self._redis.scan_iter(match=f"{self._keys.prefix}:*", count=CHUNK):
            name = name_of(self._keys, key)
            kind = kind_of(name)
            is_kept = kind is not None and kind.kept is Kept.RECORD and self._keeps_record
            if name != name_of(self._keys, self._keys.restoring().encode()) and not is_kept:
                yield name


def _taken(prefix: str, stored: int, *, broke_off: bool) -> str:
    why = (
        "A restore broke off here" if broke_off else f"{stored:,} keys are stored under REDIS_PREFIX {prefix}"
    )
    return f"{why}: nothing was changed. With --replace all of that is dropped, but for the audit log, and the backup takes its place."


def _places(keys: Keys, shard: int, approval: Approval) -> dict[str, int | None]:
    """The score that an approval has on each of its lists, as `Writes.approval` gives it; None where it is on none."""
    asked = int(approval.requested_at.timestamp())
    decided = int((approval.closed_at or approval.requested_at).timestamp())
    waits = not approval.is_final
    return {
        keys.pending(shard): asked if waits else None,
        **{key: rank(approval) if waits else None for key in lists_of(keys, shard, approval)},
        keys.approved(shard): decided if approval.has_yet_to_run else None,
    }


def _put(pipeline: Any, key: str, value: Value) -> None:
    content = value.content
    for at in range(0, len(content), CHUNK):
        some = content[at : at + CHUNK]
        pairs = dict(zip(some[::2], some[1::2], strict=False))
        match value.type:
            case "string":
                pipeline.set(key, some[0])
            case "list":
                pipeline.rpush(key, *some)
            case "hash":
                pipeline.hset(key, mapping=pairs)
            case _:
                pipeline.zadd(key, {member: float(score) for member, score in pairs.items()})
