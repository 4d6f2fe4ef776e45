"""Approvals that wait for a tool which the team has no more: found, so that their threads close them and say so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from redis.exceptions import RedisError

from bot.domain.approvals.approval import Approval, Question
from bot.domain.budget import GO_ON
from bot.domain.events import StrandedFound
from bot.store.inbox import Inbox
from bot.store.waiting import Waiting
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Tells by its name whether a tool whose calls are stopped is there.
HasTool = Callable[[str], bool]
#: Seconds between two looks. The first is at start; a replica that still had the tool may have asked behind it.
BEAT: Final = 300.0


def waits_in_vain(approval: Approval, has_tool: HasTool) -> bool:
    """Whether it waits for a go-ahead that nothing could follow. A question what happened can still be answered."""
    if approval.tool == GO_ON:  # no tool's
        return False
    return not approval.is_final and approval.question is Question.GO_AHEAD and not has_tool(approval.tool)


async def find_removed(waiting: Waiting, inbox: Inbox, has_tool: HasTool, now: datetime) -> int:
    """Let threads look at what waits in vain; returns how much that is."""
    found = 0
    async for approval in waiting.everything():
        if waits_in_vain(approval, has_tool):
            found += 1
            ids = (f"removed:{approval.id}:{int(now.timestamp() // BEAT)}",)
            await inbox.append(approval.thread, StrandedFound(approval.id), event_ids=ids)
    return found


async def keep_finding_removed(
    waiting: Waiting, inbox: Inbox, has_tool: HasTool, now: Callable[[], datetime], metrics: Metrics
) -> None:
    """Look at start and from time to time, until cancelled."""
    while True:
        with outliving(Loop.REMOVED_TOOLS, metrics):
            try:
                if found := await find_removed(waiting, inbox, has_tool, now()):
                    log.warning("approvals wait for tools that are no more", extra={"count": found})
            except RedisError as error:
                log.warning("removed tools not looked for", extra={"error": type(error).__name__})
        await asyncio.sleep(BEAT)
