"""What a backup has of Redis, piece by piece, while replicas go on working.

A thread, its place in line and the approvals that it waits for are read in one script: of one moment. Everything stays
sealed as it is; only a thread's row and its approvals are opened, to know which belong together. Never more is held
in memory than one thread, or a page of what belongs to none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.domain.audit import Head
from bot.domain.errors import UnknownSchema
from bot.domain.thread import ThreadRef
from bot.store.audit import AuditLog
from bot.store.kept_kinds import OF_A_LEASE, Kept, kind_of, name_of, named, of_thread, thread_of
from bot.store.keys import Keys, place
from bot.store.records import HEAD, STATE
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore

#: How many keys of no thread are read at once, and links of the record.
PAGE: Final = 100
#: A field of the roster that tells of a replica.
REPLICA: Final = b"replica:"


@dataclass(frozen=True, slots=True)
class Value:
    """A key without its prefix, with all that it holds; `until` in milliseconds of Unix time, 0 for good."""

    name: str
    type: str
    until: int
    content: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Piece:
    """What is written back at once: values, and of a thread its place in line (due, asker, alarm).

    `is_page`: the values go on with lists that earlier pieces began.
    """

    values: Sequence[Value]
    thread: str = ""
    line: Sequence[bytes] = ()
    is_page: bool = False


class Backup:
    """Reads what is kept. `counted` says how many keys of each kind there were, `unlisted` what nobody has decided on."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis = redis
        self._keys = keys
        self._sealer = sealer
        self._threads = ThreadStore(redis, keys, sealer)
        self._audit = AuditLog(redis, keys, sealer)
        self._scripts = Scripts(redis)
        self.counted: Counter[str] = Counter()
        self.unlisted: set[str] = set()
        #: Approvals and threads that cannot be opened: they are kept as they are, each by itself.
        self.unread = 0
        self.heads: dict[str, Head] = {}

    async def pieces(self) -> AsyncGenerator[Piece]:
        """Everything that is kept, in the order in which it has to be read (see `Kept`)."""
        async for piece in self._loose(Kept.FIRST):
            yield self._counted(piece)
        async for name in self._names({Kept.THREAD}):
            piece = await self._of_a_thread(name)
            if piece is not None:
                yield self._counted(piece)
        async for piece in self._loose(Kept.LAST):
            yield self._counted(piece)
        async for piece in self._record():
            yield self._counted(piece)

    async def _names(self, kept: Collection[Kept]) -> AsyncGenerator[str]:
        keys = cast("Any", self._redis).scan_iter(match=f"{self._keys.prefix}:*", count=500)
        async for key in keys:
            name = name_of(self._keys, key)
            kind = kind_of(name)
            if kind is None:
                self.unlisted.add(name)
            elif kind.kept in kept:
                yield name

    async def _loose(self, kept: Kept) -> AsyncGenerator[Piece]:
        page: list[str] = []
        async for name in self._names({kept}):
            page.append(name)
            if len(page) == PAGE:
                yield Piece(await self._values(page))
                page = []
        yield Piece(await self._values(page))

    async def _of_a_thread(self, name: str) -> Piece | None:
        """All of a thread at its row, and of approvals what is over; None for what is read with something else."""
        kind = kind_of(name)
        if kind is not None and kind.name == "row":
            return await self._thread(thread_of(name))
        if kind is not None and kind.name == "approval" and await self._is_alone(name):
            return Piece(await self._values([name]))
        return None

    async def _is_alone(self, name: str) -> bool:
        """Whether an approval is over. One that waits, or has yet to run, is of its thread's moment or of none."""
        try:
            approval = await self._threads.approval(name.rpartition(":")[2])
        except UnknownSchema:
            self.unread += 1
            return True
        return approval is not None and approval.is_final and not approval.has_yet_to_run

    async def _thread(self, thread: ThreadRef) -> Piece:
        """A thread, and the approvals that its row names, all as they are at one moment."""
        own = of_thread(self._keys, thread)
        while True:
            sealed = cast("bytes | None", await self._redis.get(own[0]))
            keys = [*own, *map(self._keys.approval, self._approvals(own[0], sealed))]
            pin = sha1(sealed, usedforsecurity=False).hexdigest() if sealed else ""
            if read := await self._copied(keys, thread, pinned=1, pin=pin):
                return Piece(read[1], str(thread), read[0])

    def _approvals(self, key: str, sealed: bytes | None) -> Sequence[str]:
        try:
            return STATE.load(self._sealer, sealed, place(key)).approvals if sealed else ()
        except UnknownSchema:
            self.unread += 1
            return ()

    async def _values(self, names: Sequence[str]) -> list[Value]:
        if not names:
            return []
        read = await self._copied([named(self._keys, name) for name in names])
        return read[1] if read else []

    async def _copied(
        self, keys: Sequence[str], thread: ThreadRef | None = None, *, pinned: int = 0, pin: str = ""
    ) -> tuple[Sequence[bytes], list[Value]] | None:
        shard = self._keys.shard(thread) if thread else 0
        line = [self._keys.due(shard), self._keys.askers(shard), self._keys.alarms(shard)]
        arguments = [str(thread) if thread else "", pinned, pin]
        answer = await self._scripts.copy([*line, *keys], arguments)
        if not answer:
            return None
        found = [
            _value(name_of(self._keys, key.encode()), *one) for key, one in zip(keys, answer[1:], strict=True)
        ]
        return answer[0], [value for value in found if value.content]

    async def _record(self) -> AsyncGenerator[Piece]:
        """What waits to be chained before the chain: what moves meanwhile is in both, and chained once."""
        teams = await self._audit.teams()
        for shard in range(self._keys.shards):
            counted = [self._keys.audited(shard, team) for team in teams]
            read = await self._copied([self._keys.outbox(shard), *counted])
            yield Piece(read[1] if read else [])
        for team in teams:
            read = await self._copied([self._keys.audit_head(team), self._keys.audit_ids(team)])
            end = await self._end(team, read[1] if read else [])
            yield Piece(read[1] if read else [])
            async for page in self._log(team, end):
                yield page

    async def _end(self, team: str, read: Sequence[Value]) -> int:
        """How many links the head that was read stands for; all that there are where it cannot be opened."""
        key = self._keys.audit_head(team)
        sealed = [value.content[0] for value in read if value.name == name_of(self._keys, key.encode())]
        try:
            head = HEAD.load(self._sealer, sealed[0], place(key)) if sealed else Head()
        except UnknownSchema:
            self.unread += 1
            return int(await cast("Any", self._redis.llen(self._keys.audit(team))))
        self.heads[team] = head
        return head.seq

    async def _log(self, team: str, end: int) -> AsyncGenerator[Piece]:
        log = self._keys.audit(team)
        for at in range(0, end, PAGE):
            page = await cast("Any", self._redis.lrange(log, at, min(at + PAGE, end) - 1))
            yield Piece([Value(name_of(self._keys, log.encode()), "list", 0, page)], is_page=True)

    def _counted(self, piece: Piece) -> Piece:
        for value in piece.values:
            kind = kind_of(value.name)
            self.counted[kind.name if kind else value.name] += 1
        return piece


def _value(name: str, type_: bytes, until: int, content: Sequence[bytes]) -> Value:
    if name == "roster":
        content = _without(content, lambda field: field.startswith(REPLICA))
    elif name.endswith(":row"):
        content = _without(content, lambda field: field in OF_A_LEASE)
    return Value(name, type_.decode(), until, content)


def _without(fields: Sequence[bytes], is_left_out: Callable[[bytes], bool]) -> list[bytes]:
    """A hash without some of its fields."""
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return [part for pair in pairs if not is_left_out(pair[0]) for part in pair]
