"""What was approved and never done is found, whatever lies in front of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation import stranded
from bot.conversation.stranded import PATIENCE, keep_finding
from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.tasks import in_background
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import SOME, ThreadStore
from bot.store.writes import Writes
from bot.telemetry.metrics import Metrics
from tests.factories import NOON, THREAD, an_approval
from tests.redis_server import RedisServer

#: The second look finds it.
LOOKS = 100


async def test_approvals_that_cannot_be_read_hide_none_behind_them(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stranded, "BEAT", 0.05)
    keys, sealer = Keys("pages", 1), Sealer(["c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="])
    async with client.connect(redis_server.url) as redis:
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=1), lease=timedelta(seconds=3))
        threads = ThreadStore(redis, keys, sealer)
        for number in range(SOME):
            await redis.zadd(keys.approved(0), {f"00-damaged{number}": 1})
            await redis.set(keys.approval(f"00-damaged{number}"), "not sealed")
        lost = replace(an_approval(id="00-lost"), status=ApprovalStatus.APPROVED, closed_at=NOON)
        for command in Writes().approval(lost).commands(keys, sealer, THREAD):
            await redis.execute_command(command.name, command.key, *command.arguments)
        now = NOON + 2 * PATIENCE
        assert await threads.approved_before(now) == []
        async with in_background(keep_finding(threads, inbox, lambda: now, Metrics())):
            for _ in range(LOOKS):
                if not await inbox.waits(THREAD):
                    await inbox.wait(stranded.BEAT)
        bucket = int(now.timestamp() // PATIENCE.total_seconds())
        assert await inbox.holds(THREAD, f"stranded:00-lost:{bucket}")
