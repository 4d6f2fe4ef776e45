"""The engine: each thread's inbox, and the lease under which one worker at a time works it off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.errors import LeaseLost, UnknownSchema
from bot.events import LANES, Event, Lane
from bot.store.keys import Keys, place
from bot.store.records import EVENT
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from bot.thread import ThreadRef

#: Added to an event's Slack time in microseconds, so that lanes sort before time. Slack times
#: stay below it until 2065, and the sum below 2**53, so a double holds it exactly.
LANE: Final = 3_000_000_000_000_000
#: How many due threads of a shard are tried before the next shard: other workers race for them.
CANDIDATES: Final = 8
#: How long a person's list of recent threads is kept.
RECENT_FOR: Final = timedelta(days=90)


class Appended(StrEnum):
    """What became of an event at the door."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    UNKNOWN_THREAD = "unknown"


class Renewal(StrEnum):
    """Whether a lease still holds, and whether a stop or reset waits behind it."""

    HELD = "held"
    INTERRUPTED = "interrupted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to handle one event. `event` is None where the stored one cannot be read.

    `tries` counts the claims of this event, this one included; it survives crashes.
    """

    thread: ThreadRef
    fence: str
    owner: str
    event_id: str
    event: Event | None
    tries: int


class Inbox:
    """Appends, claims, renews, commits and schedules, each in one atomic script.

    `blocking` is a client without a read timeout, for `wait`; who never waits needs none.
    """

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        sealer: Sealer,
        *,
        dedupe_ttl: timedelta,
        lease: timedelta,
        blocking: Redis | None = None,
    ) -> None:
        self._redis = redis
        self._blocking = blocking
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)
        self._dedupe_ms = _ms(dedupe_ttl)
        self._lease_ms = _ms(lease)

    async def append(
        self,
        thread: ThreadRef,
        event: Event,
        *,
        event_ids: Sequence[str],
        order: str | None = None,
        participant: str | None = None,
        only_if_known: bool = False,
    ) -> Appended:
        """Accept an event unless one of its ids was accepted before.

        The first id names it in the inbox; `order` is its Slack time, None for now. With
        `only_if_known` it is for a thread the bot already takes part in, or for nobody.
        `participant` is remembered as one who wrote in the thread.
        """
        keys, shard = self._keys, self._keys.shard(thread)
        recent = keys.recent(shard, thread.team, participant or "")
        answer = await self._scripts.append(
            [
                *(keys.due(shard), keys.wake(shard), keys.row(thread), keys.inbox(thread)),
                *(keys.events(thread), recent),
                *(keys.seen(thread, event_id) for event_id in event_ids),
            ],
            [
                *(str(thread), event_ids[0], LANES[type(event)] * LANE, _microseconds(order)),
                *(self._sealed(thread, event_ids[0], event), self._dedupe_ms, int(only_if_known)),
                _ms(RECENT_FOR) if participant else 0,
            ],
        )
        return Appended(answer)

    async def claim(self, owner: str) -> Claim | float | None:
        """Take the earliest due thread's first event.

        Returns the seconds until the next thread is due where none is now, None where none will
        be. `owner` is a fresh random id for each call.
        """
        earliest: float | None = None
        start = hash(owner) % self._keys.shards
        for step in range(self._keys.shards):
            found = await self._claim_in((start + step) % self._keys.shards, owner)
            if isinstance(found, Claim):
                return found
            if found is not None:
                earliest = found if earliest is None else min(earliest, found)
        return earliest

    async def renew(self, claim: Claim) -> Renewal:
        """Push the lease on."""
        keys = self._keys
        answer = await self._scripts.renew(
            [keys.due(keys.shard(claim.thread)), keys.row(claim.thread), keys.inbox(claim.thread)],
            [str(claim.thread), claim.fence, claim.owner, self._lease_ms, Lane.CONTROL * LANE],
        )
        return Renewal(answer)

    async def checkpoint(self, claim: Claim, writes: Writes) -> None:
        """Write, keeping event and lease; raises `LeaseLost`, and has then written nothing."""
        await self._commit(claim, "keep", writes)

    async def commit(self, claim: Claim, writes: Writes) -> Claim | None:
        """Write, drop the event, and go on to the thread's next one or let the thread go.

        Raises `LeaseLost`, and has then written nothing. Sent twice it writes once.
        """
        answer = await self._commit(claim, "done", writes)
        if answer[0] != b"next":
            return None
        return self._claim(claim.thread, claim.fence, claim.owner, answer[1:])

    async def release(
        self, claim: Claim, *, retry_in: timedelta = timedelta(0), forgive: bool = False
    ) -> None:
        """Let the thread go with its event, to be claimed again in a while.

        With `forgive` it counts as tried once: never as too often, and never as untouched. Raises `LeaseLost`.
        """
        await self._commit(claim, "back", Writes(), retry_in=retry_in, forgive=forgive)

    async def schedule(self, thread: ThreadRef, event: Event, *, event_id: str, at: datetime) -> None:
        """Let an event join the inbox at a moment; the same id again moves it."""
        keys, shard = self._keys, self._keys.shard(thread)
        await self._scripts.schedule(
            [keys.due(shard), keys.wake(shard), keys.row(thread), keys.timers(thread), keys.events(thread)],
            [str(thread), event_id, int(at.timestamp() * 1000), self._sealed(thread, event_id, event)],
        )

    async def waits(self, thread: ThreadRef) -> int:
        """Count the thread's events, the one that is handled included."""
        return int(await self._redis.zcard(self._keys.inbox(thread)))

    async def wait(self, seconds: float) -> None:
        """Sleep until a thread may be due, or for so long."""
        if self._blocking is None:
            await asyncio.sleep(seconds)
            return
        lists = [self._keys.wake(shard) for shard in range(self._keys.shards)]
        # Redis takes a timeout of 0 for "for ever".
        await cast("Any", self._blocking.brpop(lists, timeout=max(seconds, 0.01)))

    async def nudge(self) -> None:
        """Let somebody look what is due: this replica may have taken a wake-up and not followed it."""
        pipeline = self._redis.pipeline(transaction=False)
        for shard in range(self._keys.shards):
            pipeline.lpush(self._keys.wake(shard), "look")
        await pipeline.execute()

    async def recent(
        self, team: str, user: str, *, limit: int, channel: str | None = None
    ) -> list[ThreadRef]:
        """List the threads (of one channel) in which a person wrote to the bot, newest first."""
        found: list[tuple[float, str]] = []
        for shard in range(self._keys.shards):
            key = self._keys.recent(shard, team, user)
            rows: Any = await self._redis.zrange(key, 0, -1, desc=True, withscores=True)
            found += [(score, member.decode()) for member, score in rows]
        threads = [ThreadRef.parse(member) for _, member in sorted(found, reverse=True)]
        return [thread for thread in threads if channel in {None, thread.channel}][:limit]

    async def _claim_in(self, shard: int, owner: str) -> Claim | float | None:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.time()
        pipeline.zrange(self._keys.due(shard), 0, CANDIDATES - 1, withscores=True)
        (seconds, microseconds), rows = await pipeline.execute()
        now = seconds * 1000 + microseconds / 1000
        for member, score in rows:
            if score > now:
                return (score - now) / 1000
            claim = await self._claim_thread(ThreadRef.parse(member.decode()), owner)
            if claim is not None:
                return claim
        return 0.0 if rows else None

    async def _claim_thread(self, thread: ThreadRef, owner: str) -> Claim | None:
        keys = self._keys
        answer = await self._scripts.claim(
            [
                *(keys.due(keys.shard(thread)), keys.row(thread), keys.inbox(thread)),
                *(keys.timers(thread), keys.events(thread)),
            ],
            [str(thread), owner, self._lease_ms, Lane.CONTROL * LANE],
        )
        if not answer:
            return None
        return self._claim(thread, answer[0].decode(), owner, answer[1:])

    def _sealed(self, thread: ThreadRef, event_id: str, event: Event) -> bytes:
        return EVENT.dump(self._sealer, event, place(self._keys.events(thread), event_id))

    def _claim(self, thread: ThreadRef, fence: str, owner: str, rest: Sequence[Any]) -> Claim:
        event_id, payload, tries = rest
        try:
            where = place(self._keys.events(thread), event_id.decode())
            event = EVENT.load(self._sealer, payload, where)
        except UnknownSchema:
            event = None
        return Claim(thread, fence, owner, event_id.decode(), event, int(tries))

    async def _commit(
        self,
        claim: Claim,
        mode: str,
        writes: Writes,
        *,
        retry_in: timedelta = timedelta(0),
        forgive: bool = False,
    ) -> list[Any]:
        keys, thread, shard = self._keys, claim.thread, self._keys.shard(claim.thread)
        commands = writes.commands(keys, self._sealer, thread)
        written: list[str | bytes | int] = []
        for number, command in enumerate(commands, start=1):
            written += [2 + len(command.arguments), command.name, number, *command.arguments]
        answer = await self._scripts.commit(
            [
                *(keys.due(shard), keys.row(thread), keys.inbox(thread), keys.timers(thread)),
                *(keys.events(thread), keys.wake(shard)),
                *(command.key for command in commands),
            ],
            [
                *(str(thread), claim.fence, claim.owner, mode, claim.event_id),
                *(self._lease_ms, _ms(retry_in), int(forgive), len(commands)),
                *written,
            ],
        )
        if answer[0] == b"lost":
            raise LeaseLost
        return answer


def _ms(time: timedelta) -> int:
    return int(time / timedelta(milliseconds=1))


def _microseconds(order: str | None) -> int:
    """Read a Slack timestamp; 0 stands for the server's time."""
    if order is None:
        return 0
    seconds, _, fraction = order.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)
