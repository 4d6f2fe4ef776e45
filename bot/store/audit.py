"""The audit log in Redis: entries wait beside the threads they are of, then join one chain.

An entry is written by the same fenced script as what it is about, so neither is there without
the other. That script can only reach its thread's shard, and SHA-256 does not exist in it: so
the entry first lies in its shard's outbox, and any replica chains what it finds there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.domain.audit import Entry, Head, Link, Written, chain
from bot.domain.errors import UnknownSchema
from bot.store.keys import Keys, place
from bot.store.records import ENTRY, HEAD, LINK
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer

#: Links of one script call, and of one page that is read.
BATCH: Final = 200
#: How many of the latest entries the chain knows by id, in case one is found in its outbox again.
KNOWN: Final = 10_000


class AuditLog:
    """Chains and reads. Altering and removing are not among what it can do."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis = redis
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)

    async def chain(self) -> int:
        """Move what waits in the outboxes into its chain; returns how many entries.

        Whatever dies in between, an entry is chained once: the chain knows its id.
        """
        count = 0
        for shard, rows in enumerate(await self._outboxes()):
            waiting = self._entries(shard, rows)
            for team in sorted({entry.team for entry in waiting}):
                entries = [entry for entry in waiting if entry.team == team]
                for some in _batches(entries):
                    while not (run_id := await self._append(shard, team, some)):
                        pass  # it is read anew: the head to follow, and what still waits
                    await self._scripts.unbox([self._keys.outbox(shard)], [run_id, *(e.id for e in some)])
                    count += len(some)
        return count

    async def teams(self) -> list[str]:
        """Every workspace of which there is, or was, a log, by whatever is left of it."""
        found: set[str | None] = set()
        keys = cast("AsyncIterator[bytes]", self._redis.scan_iter(match=self._keys.on_record(), count=BATCH))
        async for key in keys:
            found.add(self._keys.team_on_record(key.decode()))
        return sorted(team for team in found if team)

    async def written(self, team: str) -> Written:
        """What was counted when it was written, and what of it waits.

        Asked before the chain is read, so that an entry that moves meanwhile is not missed.
        """
        numbers: dict[str, int] = {}
        count = 0
        for shard in range(self._keys.shards):
            rows: list[tuple[bytes, float]] = await cast(
                "Any", self._redis.zrange(self._keys.audited(shard, team), 0, -1, withscores=True)
            )
            numbers |= {entry_id.decode(): int(number) for entry_id, number in rows}
            count += max((int(number) for _, number in rows), default=0)
        waiting: set[str] = set()
        for shard, outbox in enumerate(await self._outboxes()):
            for entry_id, sealed in outbox.items():
                entry = self._open(shard, entry_id, sealed)
                if entry is None or entry.team == team:
                    waiting.add(entry_id)
        return Written(count, numbers, frozenset(waiting))

    async def unreadable(self) -> list[str]:
        """The ids of entries in the outboxes that cannot be opened."""
        found: list[str] = []
        for shard, rows in enumerate(await self._outboxes()):
            found += [each for each, sealed in rows.items() if self._open(shard, each, sealed) is None]
        return sorted(found)

    async def links(self, team: str, start: int = 0) -> AsyncIterator[Link | None]:
        """Yield the chain from a place on; None for a link that cannot be opened."""
        while True:
            page: list[bytes] = await cast(
                "Any", self._redis.lrange(self._keys.audit(team), start, start + BATCH - 1)
            )
            for seq, sealed in enumerate(page, start=start + 1):
                try:
                    yield LINK.load(self._sealer, sealed, place(self._keys.audit(team), seq))
                except UnknownSchema:
                    yield None
            if len(page) < BATCH:
                return
            start += BATCH

    async def head(self, team: str) -> Head:
        """The chain's head; raises `UnknownSchema` where it cannot be opened."""
        key = self._keys.audit_head(team)
        return self._head(key, await self._redis.get(key))

    def _head(self, key: str, sealed: bytes | str | None) -> Head:
        return Head() if sealed is None else HEAD.load(self._sealer, sealed, place(key))

    async def _append(self, shard: int, team: str, entries: list[Entry]) -> str:
        """Chain what is still in the outbox and not chained yet.

        Returns the run_id of the Redis that has all of them in its chain; nothing where it has to be read anew.

        Another replica was faster, or Redis is another one than it was read from, which may have forgotten the entries
        together with what they are about. Asked in this order, a replica that slept chains nothing twice, however many followed.
        """
        keys = [self._keys.audit(team), self._keys.audit_head(team), self._keys.audit_ids(team)]
        ids = [entry.id for entry in entries]
        read: bytes | None
        there: list[bytes | None]
        known: list[float | None]
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.info("server")
            pipeline.get(keys[1])
            pipeline.hmget(self._keys.outbox(shard), ids)
            pipeline.zmscore(keys[2], ids)
            server, read, there, known = await pipeline.execute()
        found = zip(entries, there, known, strict=True)
        fresh = [entry for entry, lies, seq in found if lies is not None and seq is None]
        if not fresh:
            return server["run_id"]
        links = list(chain(fresh, self._head(keys[1], read)))
        head = HEAD.dump(self._sealer, Head(links[-1].seq, links[-1].hash), place(keys[1]))
        arguments: list[str | bytes | int] = [read or b"", head, KNOWN, links[0].seq, server["run_id"]]
        for link in links:
            arguments += [link.entry.id, LINK.dump(self._sealer, link, place(keys[0], link.seq))]
        return server["run_id"] if await self._scripts.chain(keys, arguments) else ""

    def _entries(self, shard: int, rows: dict[str, bytes]) -> list[Entry]:
        entries = [self._open(shard, entry_id, sealed) for entry_id, sealed in rows.items()]
        return sorted(filter(None, entries), key=lambda entry: (entry.at, entry.id))

    async def _outboxes(self) -> list[dict[str, bytes]]:
        """What waits in each shard, sealed, by the entries' ids."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for shard in range(self._keys.shards):
                pipeline.hgetall(self._keys.outbox(shard))
            found: list[dict[bytes, bytes]] = await pipeline.execute()
        return [{entry_id.decode(): sealed for entry_id, sealed in rows.items()} for rows in found]

    def _open(self, shard: int, entry_id: str, sealed: bytes) -> Entry | None:
        try:
            return ENTRY.load(self._sealer, sealed, place(self._keys.outbox(shard), entry_id))
        except UnknownSchema:
            return None


def _batches(entries: list[Entry]) -> list[list[Entry]]:
    return [entries[at : at + BATCH] for at in range(0, len(entries), BATCH)]
