"""The engine: each thread's inbox, and the lease under which one worker at a time works it off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.errors import KeyMissing, UnknownSchema
from bot.domain.events import LANES, Event, Lane, MessageReceived
from bot.domain.rank import IDLE, Holding
from bot.domain.slack_time import microseconds
from bot.domain.thread import ThreadRef
from bot.store.claim import Claim, Commits, Renewal
from bot.store.commits import LANE, prepared
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.epoch import Epoch, Since
from bot.store.held import writing
from bot.store.keys import Keys, place
from bot.store.ranks import Ranks, look
from bot.store.records import EVENT
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer
from bot.store.wake import Wake
from bot.store.writes import Writes

#: How long a person's list of recent threads is kept, in milliseconds.
RECENT_FOR: Final = timedelta(days=90) // timedelta(milliseconds=1)


class Appended(StrEnum):
    """What became of an event at the door."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    UNKNOWN_THREAD = "unknown"


class Inbox:
    """Appends, claims, renews, commits and schedules, each in one atomic script.

    `blocking` is a client without a read timeout, for `wait`; who never waits needs none.
    `confirmation` is what `checkpoint_confirmed` waits for; None for nothing. `expected` tells what time it is had
    Redis' clock not leapt ahead for so long; without it each lease that has lapsed by that clock is anybody's.
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
        expected: Callable[[timedelta], datetime] | None = None,
    ) -> None:
        self._redis = redis
        self._expected = expected
        self._confirmation = confirmation
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)
        self._wake = Wake(redis, blocking, keys, self._scripts)
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
        head = (
            str(thread),
            LANE,
            event_ids[0],
            LANES[type(event)].value,
            microseconds(order) if order else 0,
        )
        answer = await self._scripts.append(
            [
                *(*self._keys.moving(thread), recent),
                *(keys.seen(thread, event_id) for event_id in event_ids),
            ],
            [
                *head,
                *(self._sealed(thread, event_ids[0], event), self._dedupe_ms, int(only_if_known)),
                RECENT_FOR if participant else 0,
                *(getattr(event, "user", ""), int(isinstance(event, MessageReceived)), int(attempted)),
            ],
        )
        return Appended(answer)

    async def claim(
        self,
        owner: str,
        holding: Holding = IDLE,
        *,
        avoid: Collection[ThreadRef] = (),
        ranks: Ranks | None = None,
    ) -> Claim | float | None:
        """Take the first event of the thread that goes first, for a replica that holds so much already.

        Returns the seconds until the next thread is due where none is now, None where none will
        be. `owner` is a fresh random id for each call; `avoid` are threads that are others' to take;
        `ranks` is how the line stood a moment ago, where that is known.
        """
        if ranks is None or ranks.left_out != holding.leaves_out:
            ranks = await look(self._scripts, self._keys, holding)
        if ranks.ripe:
            expected = int(self._expected(self.lease).timestamp() * 1000) if self._expected else ""
            terms: list[str | int] = [LANE, self._lease_ms, expected]
            await self._scripts.ripen([(self._keys.moving(one), [str(one), *terms]) for one in ranks.ripe])
            ranks = await look(self._scripts, self._keys, holding)
        candidates = [waiting for waiting in holding.in_order(ranks.waiting) if waiting.thread not in avoid]
        for waiting in candidates:
            claim = await self._claim_thread(waiting.thread, owner, overtaking_only=holding.overtaking_only)
            if claim is not None:
                return replace(claim, nothing_else_for=ranks.rest_behind(waiting))
        return 0.0 if candidates else ranks.earliest

    async def claim_to_tell(self, thread: ThreadRef, owner: str) -> Claim | None:
        """Take a thread whose message waits in line, only to say so there; None where it does not, or was told.

        To be ended by `told`, which leaves the message its place.
        """
        answer = await self._scripts.tell(
            self._keys.moving(thread), [str(thread), LANE, owner, self._lease_ms]
        )
        return self._claimed(thread, owner, answer, await self._epoch.since()) if answer else None

    async def told(self, claim: Claim, ts: str = "") -> None:
        """Let the thread go that was told, in the message `ts` where that is known. Raises `LeaseLost`."""
        await self._commit(claim, "told", Writes().told(ts) if ts else Writes())

    async def renew(self, claim: Claim) -> Renewal:
        """Push the lease on."""
        keys = self._keys
        answer = await self._scripts.renew(
            [keys.due(keys.shard(claim.thread)), keys.row(claim.thread), keys.inbox(claim.thread)],
            [
                *(str(claim.thread), claim.fence, claim.owner, self._lease_ms, Lane.CONTROL * LANE),
                claim.commits.known,
            ],
        )
        return Renewal(answer)

    async def checkpoint(
        self, claim: Claim, writes: Writes, *, only_in: str = "", alone: bool = False
    ) -> None:
        """Write, keeping event and lease; raises `LeaseLost`, and has then written nothing.

        So does `MessageBehind`, which is raised where it is to be `alone` and a message comes right behind the event.

        `only_in` is the `run_id` of the one Redis that may: another may lack what the writes rest on.
        """
        await self._commit(claim, "alone" if alone else "keep", writes, only_in=only_in)

    async def checkpoint_confirmed(self, claim: Claim, writes: Writes, *, only_in: str = "") -> bool:
        """Write as `checkpoint` does; False where Redis did not confirm in time that it keeps it."""
        if self._confirmation is None or self._confirmation.wait_for is WaitFor.NOTHING:
            await self.checkpoint(claim, writes, only_in=only_in)
            return True
        ready = await prepared(self._keys, self._sealer, claim, "keep", writes, only_in=only_in)
        with writing(claim.thread, ready.commands):
            answer, confirmed = await self._scripts.commit_confirmed(
                ready.keys, ready.arguments, self._confirmation
            )
            claim.counted(answer)
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
            self._keys.moving(thread),
            [str(thread), LANE, event_id, int(at.timestamp() * 1000), self._sealed(thread, event_id, event)],
        )

    async def has_seen(self, thread: ThreadRef, event_id: str) -> bool:
        """Whether it was accepted in the thread, as long as that is remembered."""
        return bool(await self._redis.exists(self._keys.seen(thread, event_id)))

    async def holds(self, thread: ThreadRef, event_id: str) -> bool:
        """Whether an event waits in the thread, or is being handled."""
        return await self._redis.zscore(self._keys.inbox(thread), event_id) is not None

    async def waits(self, thread: ThreadRef, *, since: Lane = Lane.INTERRUPT) -> int:
        """Count the thread's events of a lane and those behind it, the one that is handled included."""
        return int(await self._redis.zcount(self._keys.inbox(thread), since * LANE, "+inf"))

    async def wait(self, seconds: float, holding: Holding = IDLE) -> Ranks | None:
        """Sleep until a thread may be due that who holds so much may take, or for so long; how the line stands then."""
        return await self._wake.wait(seconds, holding)

    async def nudge(self) -> None:
        """Let somebody look what is due: this replica may have taken a wake-up and not followed it."""
        await self._wake.nudge()

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

    async def _claim_thread(self, thread: ThreadRef, owner: str, *, overtaking_only: bool) -> Claim | None:
        answer, since, row = await self._scripts.claim(
            self._keys.moving(thread),
            [str(thread), LANE, owner, self._lease_ms, int(overtaking_only)],
            self._keys.epoch(),
            self._keys.state(thread),
        )
        return self._claimed(thread, owner, answer, self._epoch.told(since), row) if answer else None

    def _claimed(
        self, thread: ThreadRef, owner: str, answer: Sequence[Any], since: Since, row: bytes | None = None
    ) -> Claim:
        fence, event_id, payload, tries, asker, told = answer
        try:
            where = place(self._keys.events(thread), event_id.decode())
            event = EVENT.load(self._sealer, payload, where)
        except UnknownSchema as error:
            event, lacks_key = None, isinstance(error, KeyMissing)
        else:
            lacks_key = False
        named = (event_id.decode(), event, int(tries), asker.decode())
        doubt = (since.is_younger_than(event), lacks_key, not since.is_settled)
        beside = (told.decode(), since.restored, row)
        return Claim(thread, fence.decode(), owner, *named, *doubt, Commits(), *beside)

    def _sealed(self, thread: ThreadRef, event_id: str, event: Event) -> bytes:
        return EVENT.dump(self._sealer, event, place(self._keys.events(thread), event_id))

    async def _commit(self, claim: Claim, mode: str, writes: Writes, **how: Any) -> None:
        ready = await prepared(self._keys, self._sealer, claim, mode, writes, **how)
        with writing(claim.thread, ready.commands):
            claim.counted(await self._scripts.commit(ready.keys, ready.arguments))


def _ms(time: timedelta) -> int:
    return int(time / timedelta(milliseconds=1))
