"""What became of a call, by the word of the service behind its tool: asked by the call's key, without sending it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.agents.tools.approval import ApprovedTool

#: Takes a tool's name and a key: the tool's answer where the call was made, empty where the service never
#: saw the key, None where nobody can tell.
MadeUnder = Callable[[str, str], Awaitable[str | None]]


def made_under(tools: Sequence[ApprovedTool], services: Any) -> MadeUnder:
    """Ask the services of a team about these tools; a tool without a look-up cannot tell."""
    look_ups = {tool.tool.name: tool.look_up for tool in tools if tool.look_up is not None}

    async def ask(tool: str, key: str) -> str | None:
        look_up = look_ups.get(tool)
        return await look_up(services, key) if look_up is not None and key else None

    return ask
