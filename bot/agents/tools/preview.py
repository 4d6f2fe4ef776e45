"""Looks at the world before a call: what it would do, asked of the team's services, which may be slow, broken or gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.domain.approvals.condition import Call
from bot.domain.approvals.preview import UNREAD, Preview, bounded

log = logging.getLogger(__name__)

#: Seconds that a look may take. A click is answered behind it, and its worker does nothing else meanwhile.
PATIENCE: Final = 5.0
#: Says what a call would do, with the services of its team. It reads, and changes nothing.
LooksAhead = Callable[[Any, Call], Awaitable[Preview]]


async def looked(
    looks_ahead: LooksAhead, services: Any, call: Call, *, patience: float = PATIENCE
) -> Preview:
    """What a call would do; `UNREAD` where that raises, is no preview, or takes longer than `patience` (seconds)."""
    look = asyncio.ensure_future(_look(looks_ahead, services, call))
    try:
        await asyncio.wait({look}, timeout=patience)
    finally:
        # Not waited for: code of a team's that takes no cancellation must not hold up the worker.
        look.cancel()
    if not look.done():
        log.warning("preview took too long", extra={"tool": call.tool})
        return UNREAD
    return look.result()


async def _look(looks_ahead: LooksAhead, services: Any, call: Call) -> Preview:
    try:
        return bounded(await looks_ahead(services, call))
    except Exception as error:
        # A team's code and somebody's service: whatever goes wrong, people are told that nobody could look.
        log.warning("preview failed", extra={"tool": call.tool, "error": type(error).__name__})
        return UNREAD
