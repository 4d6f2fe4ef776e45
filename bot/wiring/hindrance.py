"""Tells the receiver, which has an event loop of its own, why a call cannot be done: services belong to the worker's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot.conversation.previews import Previews
from bot.domain.approvals.approval import Approval

#: Seconds for that on the way to an ack, for which Slack waits three. Who hears nothing by then goes on: the worker looks again.
PATIENCE: Final = 1.2


def hindrance(previews: Previews) -> Callable[[Approval], Awaitable[str]]:
    """Make the question, to be put in another loop than the running one; its answer is empty where nothing is known to hinder."""
    loop = asyncio.get_running_loop()

    async def why(approval: Approval) -> str:
        asked = asyncio.run_coroutine_threadsafe(previews.of(approval), loop)
        try:
            seen = await asyncio.wait_for(asyncio.wrap_future(asked), PATIENCE)
        except TimeoutError:
            return ""
        return seen.problem if seen else ""

    return why
