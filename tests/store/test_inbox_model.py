"""Random histories on a real Redis against a model of what an inbox promises.

Workers append, claim, commit, checkpoint, hand back, and die holding a lease that is shorter than
a few commands. Whatever happens: order within a thread, nothing lost, nothing twice, and a worker
that was overtaken writes nothing.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.approvals.approval import Verdict
from bot.domain.errors import LeaseLost
from bot.domain.events import DecisionMade, Event, MessageReceived, StopRequested
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim, Renewal
from bot.store.inbox import Appended, Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from tests.factories import ANA, NOON, OMAR, TEAM
from tests.redis_server import RedisServer

STEPS = 150
THREADS = [ThreadRef(TEAM, f"C{number}", "1795435200.000100") for number in range(4)]
#: Far below a step's pause where a worker dies, so that dead workers' threads come back at once.
LEASE = timedelta(milliseconds=5)

Place = tuple[int, str]


class World:
    """The engine, and beside it what must be true of it."""

    def __init__(self, redis: Redis, random: Random) -> None:
        keys, sealer = Keys(f"t{secrets.token_hex(4)}", 2), Sealer([Fernet.generate_key().decode()])
        self.inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=LEASE)
        self.threads = ThreadStore(redis, keys, sealer)
        self.random = random
        self.waiting: dict[ThreadRef, dict[str, Place]] = defaultdict(dict)
        self.accepted: set[str] = set()
        self.handled: dict[ThreadRef, list[str]] = defaultdict(list)
        self.holder: dict[ThreadRef, Claim] = {}
        self.overtaken: list[Claim] = []

    async def append(self) -> None:
        """Deliver an event; one that was accepted before must be told apart."""
        number, thread = self.random.randrange(60), self.random.choice(THREADS)
        ts = f"1795435200.{number:06d}"
        lane, event = self.random.choice(self._events(number, ts))
        event_id = f"{thread.channel}:{lane}:{number}"
        answer = await self.inbox.append(thread, event, event_ids=(event_id,), order=ts)

        assert answer is (Appended.DUPLICATE if event_id in self.accepted else Appended.STORED)
        if answer is Appended.STORED:
            self.accepted.add(event_id)
            self.waiting[thread][event_id] = (lane, ts)

    async def claim(self) -> None:
        """Claim; what comes must be the first of its thread, and overtakes whoever held it."""
        found = await self.inbox.claim(secrets.token_hex(4))
        if isinstance(found, Claim):
            if found.thread in self.holder:
                self.overtaken.append(self.holder[found.thread])
            self._hold(found)

    async def commit(self) -> None:
        """Commit, sometimes twice as a client does that lost the answer."""
        claim = self._some_holder()
        if claim is None:
            return
        session = self.threads.session(claim.thread)
        await session.add_items([self._item(claim)])
        writes = Writes().session(session)
        await self.inbox.commit(claim, writes)
        if self.random.random() < 0.3:
            await self.inbox.commit(claim, writes)
        self.handled[claim.thread].append(claim.event_id)
        del self.waiting[claim.thread][claim.event_id]
        del self.holder[claim.thread]

    async def release(self) -> None:
        """Hand an event back."""
        claim = self._some_holder()
        if claim is not None:
            await self.inbox.release(claim, forgive=self.random.random() < 0.5)
            del self.holder[claim.thread]

    async def renew(self) -> None:
        """Renew; a waiting interrupt must be told."""
        claim = self._some_holder()
        if claim is not None:
            interrupts = any(lane == 0 for lane, _ in self.waiting[claim.thread].values())
            assert await self.inbox.renew(claim) is (Renewal.INTERRUPTED if interrupts else Renewal.HELD)

    async def write_late(self) -> None:
        """Let a worker that was overtaken try everything."""
        if not self.overtaken:
            return
        claim = self.random.choice(self.overtaken)
        session = self.threads.session(claim.thread)
        await session.add_items([self._item(claim)])
        for write in (self.inbox.commit, self.inbox.checkpoint):
            with pytest.raises(LeaseLost):
                await write(claim, Writes().session(session))
        with pytest.raises(LeaseLost):
            await self.inbox.release(claim)
        assert await self.inbox.renew(claim) is Renewal.LOST

    async def drain(self) -> None:
        """Work everything off."""
        while (found := await self.inbox.claim(secrets.token_hex(4))) is not None:
            if not isinstance(found, Claim):
                await self.inbox.wait(found)
                continue
            if found.thread in self.holder:
                self.overtaken.append(self.holder[found.thread])
            self._hold(found)
            while self.holder:
                await self.commit()

    def _hold(self, claim: Claim) -> None:
        waiting = self.waiting[claim.thread]
        assert waiting[claim.event_id] == min(waiting.values()), "not the first of its thread"
        self.holder[claim.thread] = claim

    def _some_holder(self) -> Claim | None:
        return self.random.choice(list(self.holder.values())) if self.holder else None

    @staticmethod
    def _item(claim: Claim) -> Any:
        return {"role": "user", "content": claim.event_id}

    @staticmethod
    def _events(number: int, ts: str) -> list[tuple[int, Event]]:
        decision = DecisionMade(
            approval_id="00-a", user=OMAR, verdict=Verdict.APPROVE, at=NOON, channel="C1", reason=str(number)
        )
        return [(0, StopRequested(ANA)), (1, decision), (2, MessageReceived(ts, ANA, str(number)))]


@pytest.mark.parametrize("seed", range(12))
async def test_any_history_keeps_order_and_loses_and_repeats_nothing(
    redis_server: RedisServer, seed: int
) -> None:
    random = Random(seed)
    async with client.connect(redis_server.url) as redis:
        world = World(redis, random)
        steps = [world.append, world.claim, world.commit, world.release, world.renew, world.write_late]
        for _ in range(STEPS):
            [step] = random.choices(steps, weights=[6, 6, 4, 1, 1, 2])
            await step()
        await world.drain()

        done = [event_id for events in world.handled.values() for event_id in events]
        assert sorted(done) == sorted(world.accepted)
        for thread in THREADS:
            items: list[Any] = await world.threads.session(thread).get_items()
            assert [item["content"] for item in items] == world.handled[thread]
            await world.write_late()
