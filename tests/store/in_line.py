"""An engine under a prefix of its own, and short words for what happens to it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.approvals.approval import Verdict
from bot.domain.events import DecisionMade, Event, MessageReceived
from bot.domain.rank import Holding
from bot.domain.thread import ThreadRef
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from tests.factories import NOON, OMAR, TEAM

EIGHT = Holding(slots=8)
FULL = Holding(slots=8, overtaking_only=True)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2999, 1, 1, tzinfo=UTC)


class Line:
    """An engine under a prefix of its own, and short words for what happens to it."""

    def __init__(self, redis: Redis, *, shards: int, lease: float = 30.0) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", shards)
        sealer = Sealer([Fernet.generate_key().decode()])
        self.inbox = Inbox(
            redis, self.keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=lease)
        )
        self._number = 0

    async def happens(self, thread: ThreadRef, event: Event) -> None:
        self._number += 1
        await self.inbox.append(thread, event, event_ids=(f"e{self._number}",))

    async def asks(self, user: str, thread: ThreadRef) -> None:
        await self.happens(thread, MessageReceived("1795435200.000100", user, "hi"))

    async def floods(self, user: str, count: int, channel: str = "C1") -> None:
        for number in range(count):
            await self.asks(user, ThreadRef(TEAM, channel, f"1.{user}{number}"))

    async def claims(self, holding: Holding = EIGHT) -> Claim:
        found = await self.inbox.claim(secrets.token_hex(4), holding)
        assert isinstance(found, Claim)
        return found

    async def passes(self, moment: float) -> None:
        """Wait until the server's clock has passed a millisecond."""
        now = 0
        while now <= moment + 1:
            seconds, micro = await self.redis.time()
            now = seconds * 1000 + micro // 1000

    async def places(self) -> list[tuple[str, str, float]]:
        """Every thread that is due: key, member, score."""
        keys = [self.keys.due(shard) for shard in range(self.keys.shards)]
        rows: list[tuple[str, Any]] = [
            (key, row) for key in keys for row in await self.redis.zrange(key, 0, -1, withscores=True)
        ]
        return [(key, member.decode(), score) for key, (member, score) in rows]

    async def ages(self, time: timedelta) -> None:
        """Let everybody who is in line have come that much earlier."""
        for key, member, score in await self.places():
            await self.redis.zadd(key, {member: score - time / timedelta(milliseconds=1)})

    async def ages_paces(self) -> None:
        """Let everybody's pace be over."""
        for key, member in await self.paces():
            await self.redis.zadd(key, {member: 1})

    async def paces(self) -> list[tuple[str, str]]:
        """The paces that are kept: key, member."""
        keys = [self.keys.paces(shard) for shard in range(self.keys.shards)]
        rows: list[tuple[str, Any]] = [
            (key, row) for key in keys for row in await self.redis.zrange(key, 0, -1)
        ]
        return [(key, member.decode()) for key, member in rows]

    async def handles(self, count: int) -> list[str]:
        """Work off so many events; repaces who had asked for each."""
        askers: list[str] = []
        for _ in range(count):
            claim = await self.claims()
            askers.append(claim.asker)
            await self.inbox.commit(claim, Writes())
        return askers


def a_click() -> DecisionMade:
    return DecisionMade(approval_id="00-a", user=OMAR, verdict=Verdict.APPROVE, at=NOON, channel="C1")


def a_thread(name: str, channel: str = "C7") -> ThreadRef:
    return ThreadRef(TEAM, channel, f"2.{name}")
