"""What waits for a tool that is gone is found without a click; a question what happened is not such a thing."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from bot.conversation.removed_tools import BEAT, find_removed
from bot.domain.approvals.approval import Question
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.waiting import Waiting
from bot.store.writes import Writes
from tests.factories import NOON, TEAM, an_approval
from tests.redis_server import RedisServer


async def test_what_waits_for_a_tool_that_is_gone_is_found_once(redis_server: RedisServer) -> None:
    keys, sealer = (
        Keys(f"t{secrets.token_hex(4)}", 1),
        Sealer(["c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="]),
    )
    places = [ThreadRef(TEAM, "C1", f"1795435200.00000{number}") for number in range(3)]
    gone, there, asks = (
        an_approval(id=f"00-a{number}", thread=thread, tool=tool)
        for number, (thread, tool) in enumerate(zip(places, ("gone", "there", "gone"), strict=True))
    )
    async with client.connect(redis_server.url) as redis:
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=1), lease=timedelta(seconds=3))
        waiting = Waiting(redis, keys, ThreadStore(redis, keys, sealer))
        for approval in (gone, there, replace(asks, question=Question.OUTCOME)):
            for command in Writes().approval(approval).commands(keys, sealer, approval.thread):
                await redis.execute_command(command.name, command.key, *command.arguments)
        for _ in range(2):
            assert await find_removed(waiting, inbox, lambda tool: tool == "there", NOON) == 1

        assert await inbox.holds(gone.thread, f"removed:{gone.id}:{int(NOON.timestamp() // BEAT)}")
        assert [await inbox.waits(thread) for thread in places] == [True, False, False]
