"""What became of a call, by the word of the service behind its tool: asked by the call's key, without sending it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from bot.agents.tools.approval import ApprovedTool
from bot.domain.errors import Starved

log = logging.getLogger(__name__)

#: Seconds that a look-up may take. A thread, or all of back-fill, waits for it.
PATIENCE: Final = 60.0
#: Takes a tool's name and a key: the tool's answer where the call was made, empty where the service never
#: saw the key, None where nobody can tell.
MadeUnder = Callable[[str, str], Awaitable[str | None]]


def made_under(tools: Sequence[ApprovedTool], services: Any, *, patience: float = PATIENCE) -> MadeUnder:
    """Ask the services of a team about these tools.

    A tool without a look-up cannot tell, nor can one that raises or takes longer than `patience` (seconds). Who asks
    gets a `Starved` all the same: then nothing was asked.
    """
    look_ups = {tool.tool.name: tool.look_up for tool in tools if tool.look_up is not None}

    async def ask(tool: str, key: str) -> str | None:
        look_up = look_ups.get(tool)
        if look_up is None or not key:
            return None
        try:
            async with asyncio.timeout(patience):
                return await look_up(services, key)
        except Starved:
            raise
        except Exception as error:
            # A team's code and somebody's service, and those who ask have much else to do.
            log.warning("look-up failed", extra={"tool": tool, "error": type(error).__name__})
            return None

    return ask
