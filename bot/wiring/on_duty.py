"""What may keep a replica off duty, and who looks: Slack's word on its token, and what its machine leaves it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.background.starvation import Starvation
from bot.domain.duty import Duty
from bot.domain.tasks import in_background
from bot.slack.token_access import Access
from bot.telemetry.metrics import Metrics
from bot.telemetry.resource_limits import ResourceLimits


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The one gate before every claim, and two that watch over it."""

    duty: Duty
    access: Access
    starvation: Starvation


async def watched(stack: AsyncExitStack, ask: Callable[[], Awaitable[None]], metrics: Metrics) -> OnDuty:
    """Watch until `stack` ends; `ask` asks Slack whether it takes the token."""
    duty, clock = Duty(), asyncio.get_running_loop().time
    access, starvation = Access(clock, duty), Starvation(duty, ResourceLimits().left, clock)
    await stack.enter_async_context(in_background(access.watch(ask, metrics)))
    await stack.enter_async_context(in_background(starvation.watch(metrics)))
    return OnDuty(duty, access, starvation)
