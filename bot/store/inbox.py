"""The engine: each thread's inbox, and the lease under which one worker at a time works it off."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.errors import KeyMissing, LeaseLost, UnknownSchema
from bot.events import LANES, Event, Lane, MessageReceived
from bot.rank import FURTHEST, IDLE, Band, Holding, Waiting
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.epoch import Epoch
from bot.store.keys import Keys, place
from bot.store.records import EVENT
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from bot.thread import ThreadRef

#: Added to an event's Slack time in microseconds, so that lanes sort before time. Slack times
#: stay below it until 2065, and the sum below 2**53, so a double holds it exactly.
LANE: Final = 3_000_000_000_000_000
#: How many threads of a band are looked at in a shard, and how many of one channel: of each asker
#: the first. Other workers race for them.
CANDIDATES: Final = 8
OF_ONE_CHANNEL: Final = 3
#: By how much `rank.lua` puts bands apart, in milliseconds.
SPAN: Final = 10**13
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

    `tries` counts the claims of this event, this one included; it survives crashes. `asker` is
    who wrote in the thread last, while that is known. `is_doubted`: Redis was restarted or restored
    since the event, and may have forgotten what became of it. `lacks_key`: another replica can read it.
    """

    thread: ThreadRef
    fence: str
    owner: str
    event_id: str
    event: Event | None
    tries: int
    asker: str = ""
    is_doubted: bool = False
    lacks_key: bool = False


class Inbox:
    """Appends, claims, renews, commits and schedules, each in one atomic script.

    `blocking` is a client without a read timeout, for `wait`; who never waits needs none.
    `confirmation` is what `checkpoint_confirmed` waits for; None for nothing.
    """

    def __init__(  # noqa: PLR0913 - clients and terms, each by its name
        self,
        redis: Redis,
        keys: Keys,
        sealer: Sealer,
        *,
        dedupe_ttl: timedelta,
        lease: timedelta,
        blocking: Redis | None = None,
        confirmation: Confirmation | None = None,
    ) -> None:
        self._redis = redis
        self._blocking = blocking
        self._confirmation = confirmation
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)
        #: How long a worker holds a thread without a word.
        self.lease = lease
        self._epoch = Epoch(redis, keys)
        self._dedupe_ms = _ms(dedupe_ttl)
        self._lease_ms = _ms(lease)

    async def append(  # noqa: PLR0913 - one for each thing that the door looks at
        self,
        thread: ThreadRef,
        event: Event,
        *,
        event_ids: Sequence[str],
        order: str | None = None,
        participant: str | None = None,
        only_if_known: bool = False,
        attempted: bool = False,
    ) -> Appended:
        """Accept an event unless one of its ids was accepted before.

        The first id names it in the inbox; `order` is its Slack time, None for now. With
        `only_if_known` it is for a thread the bot already takes part in, or for nobody.
        `participant` is remembered as one who wrote in the thread. With `attempted` whoever claims it
        looks in Slack for an answer that somebody may have begun.
        """
        keys, shard = self._keys, self._keys.shard(thread)
        recent = keys.recent(shard, thread.team, participant or "")
        answer = await self._scripts.append(
            [
                *(*self._of(thread), recent),
                *(keys.seen(thread, event_id) for event_id in event_ids),
            ],
            [
                *(str(thread), LANE, event_ids[0], int(LANES[type(event)]), _microseconds(order)),
                *(self._sealed(thread, event_ids[0], event), self._dedupe_ms, int(only_if_known)),
                _ms(RECENT_FOR) if participant else 0,
                *(getattr(event, "user", ""), int(isinstance(event, MessageReceived)), int(attempted)),
            ],
        )
        return Appended(answer)

    async def claim(
        self, owner: str, holding: Holding = IDLE, *, avoid: Collection[ThreadRef] = ()
    ) -> Claim | float | None:
        """Take the first event of the thread that goes first, for a replica that holds so much already.

        Returns the seconds until the next thread is due where none is now, None where none will
        be. `owner` is a fresh random id for each call; `avoid` are threads that are others' to take.
        """
        lines, ripe, earliest = await self._look()
        if ripe:
            await self._scripts.ripen([(self._of(thread), [str(thread), LANE]) for thread in ripe])
            lines, _, earliest = await self._look()
        candidates = [waiting for waiting in holding.in_order(lines) if waiting.thread not in avoid]
        for waiting in candidates:
            claim = await self._claim_thread(waiting.thread, owner, overtaking_only=holding.overtaking_only)
            if claim is not None:
                return claim
        return 0.0 if candidates else earliest

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

    async def checkpoint_confirmed(self, claim: Claim, writes: Writes) -> bool:
        """Write as `checkpoint` does; False where Redis did not confirm in time that it keeps it."""
        if self._confirmation is None or self._confirmation.wait_for is WaitFor.NOTHING:
            await self.checkpoint(claim, writes)
            return True
        keys, arguments = await self._prepared(claim, "keep", writes)
        answer, confirmed = await self._scripts.commit_confirmed(keys, arguments, self._confirmation)
        if answer == "lost":
            raise LeaseLost
        return confirmed

    async def commit(self, claim: Claim, writes: Writes) -> None:
        """Write, drop the event, and let the thread go: what waits behind it gets in line again.

        Raises `LeaseLost`, and has then written nothing. Sent twice it writes once.
        """
        await self._commit(claim, "done", writes)

    async def release(
        self, claim: Claim, *, retry_in: timedelta = timedelta(0), forgive: bool = False
    ) -> None:
        """Let the thread go with its event, to be claimed again in a while.

        With `forgive` it counts as tried once: never as too often, and never as untouched. Raises `LeaseLost`.
        """
        await self._commit(claim, "back", Writes(), retry_in=retry_in, forgive=forgive)

    async def release_to_run(self, claim: Claim) -> None:
        """Let the thread go with its event, for a slot that runs agents. Raises `LeaseLost`."""
        await self._commit(claim, "run", Writes(), forgive=True)

    async def schedule(self, thread: ThreadRef, event: Event, *, event_id: str, at: datetime) -> None:
        """Let an event join the inbox at a moment; the same id again moves it."""
        await self._scripts.schedule(
            self._of(thread),
            [str(thread), LANE, event_id, int(at.timestamp() * 1000), self._sealed(thread, event_id, event)],
        )

    async def holds(self, thread: ThreadRef, event_id: str) -> bool:
        """Whether an event waits in the thread, or is being handled."""
        return await self._redis.zscore(self._keys.inbox(thread), event_id) is not None

    async def waits(self, thread: ThreadRef) -> int:
        """Count the thread's events, the one that is handled included."""
        return int(await self._redis.zcard(self._keys.inbox(thread)))

    async def wait(self, seconds: float, *, overtaking_only: bool = False) -> None:
        """Sleep until a thread may be due (of those that overtake), or for so long."""
        if self._blocking is None:
            await asyncio.sleep(seconds)
            return
        kinds = [self._keys.hurry] if overtaking_only else [self._keys.hurry, self._keys.wake]
        lists = [kind(shard) for kind in kinds for shard in range(self._keys.shards)]
        # Redis takes a timeout of 0 for "for ever".
        await cast("Any", self._blocking.brpop(lists, timeout=max(seconds, 0.01)))

    async def nudge(self) -> None:
        """Let somebody look what is due: this replica may have taken a wake-up and not followed it."""
        pipeline = self._redis.pipeline(transaction=False)
        for shard in range(self._keys.shards):
            pipeline.lpush(self._keys.wake(shard), "look")
            pipeline.lpush(self._keys.hurry(shard), "look")
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

    async def _look(self) -> tuple[list[Waiting], list[ThreadRef], float | None]:
        """Who goes first, whose time has come, and in how many seconds the next one's will."""
        keys = self._keys
        shards = await self._scripts.look(
            [
                ([keys.due(s), keys.askers(s), keys.alarms(s)], [len(Band), CANDIDATES, OF_ONE_CHANNEL])
                for s in range(keys.shards)
            ]
        )
        lines: list[Waiting] = []
        ripe: list[ThreadRef] = []
        moments: list[float] = []
        for now_ms, following, come, rows in shards:
            ripe += [ThreadRef.parse(member.decode()) for member in come]
            moments += [(float(following) - now_ms) / 1000] if following else []
            for at in range(0, len(rows), 3):
                lines.append(_waiting(*rows[at : at + 3], now_ms=now_ms))
        return lines, ripe, min(moments, default=None)

    def _of(self, thread: ThreadRef) -> list[str]:
        """The keys of the scripts that move a thread, in the order of `thread.lua`."""
        keys, shard = self._keys, self._keys.shard(thread)
        return [
            *(keys.due(shard), keys.row(thread), keys.inbox(thread), keys.paces(shard), keys.askers(shard)),
            *(keys.wake(shard), keys.hurry(shard), keys.timers(thread), keys.events(thread)),
            keys.alarms(shard),
        ]

    async def _claim_thread(self, thread: ThreadRef, owner: str, *, overtaking_only: bool) -> Claim | None:
        answer = await self._scripts.claim(
            self._of(thread), [str(thread), LANE, owner, self._lease_ms, int(overtaking_only)]
        )
        if not answer:
            return None
        fence, event_id, payload, tries, asker = answer
        try:
            where = place(self._keys.events(thread), event_id.decode())
            event = EVENT.load(self._sealer, payload, where)
        except UnknownSchema as error:
            event, lacks_key = None, isinstance(error, KeyMissing)
        else:
            lacks_key = False
        named = (event_id.decode(), event, int(tries), asker.decode())
        is_doubted = (await self._epoch.since()).is_younger_than(event)
        return Claim(thread, fence.decode(), owner, *named, is_doubted, lacks_key)

    def _sealed(self, thread: ThreadRef, event_id: str, event: Event) -> bytes:
        return EVENT.dump(self._sealer, event, place(self._keys.events(thread), event_id))

    async def _commit(
        self,
        claim: Claim,
        mode: str,
        writes: Writes,
        *,
        retry_in: timedelta = timedelta(0),
        forgive: bool = False,
    ) -> None:
        keys, arguments = await self._prepared(claim, mode, writes, retry_in=retry_in, forgive=forgive)
        if await self._scripts.commit(keys, arguments) == "lost":
            raise LeaseLost

    async def _prepared(
        self,
        claim: Claim,
        mode: str,
        writes: Writes,
        *,
        retry_in: timedelta = timedelta(0),
        forgive: bool = False,
    ) -> tuple[list[str], list[str | bytes | int]]:
        """The keys and arguments of `commit.lua`."""
        # Beside the event loop: a long conversation or a large run is sealed here.
        commands = await asyncio.to_thread(writes.commands, self._keys, self._sealer, claim.thread)
        written: list[str | bytes | int] = []
        for number, command in enumerate(commands, start=1):
            written += [2 + len(command.arguments), command.name, number, *command.arguments]
        return [*self._of(claim.thread), *(command.key for command in commands)], [
            *(str(claim.thread), LANE, claim.fence, claim.owner, mode, claim.event_id),
            *(_ms(retry_in), int(forgive), len(commands)),
            *written,
        ]


def _waiting(member: bytes, score: bytes, asker: bytes, *, now_ms: int) -> Waiting:
    """Read a rank, as `rank.lua` writes it."""
    bands_behind, rank = divmod(float(score), SPAN)
    band, was_answered = Band(int(bands_behind) + len(Band)), rank > now_ms + FURTHEST
    return Waiting(ThreadRef.parse(member.decode()), band, rank, asker.decode(), was_answered)


def _ms(time: timedelta) -> int:
    return int(time / timedelta(milliseconds=1))


def _microseconds(order: str | None) -> int:
    """Read a Slack timestamp; 0 stands for the server's time."""
    if order is None:
        return 0
    seconds, _, fraction = order.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)
