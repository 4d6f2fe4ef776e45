"""A saved run: the SDK's RunState in an envelope that says who wrote it."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any, Final

from agents import RunState
from agents.result import RunResultStreaming

from bot.agents import context
from bot.agents.team import Team
from bot.errors import UnknownSchema

#: The envelope's own version.
SCHEMA: Final = 1


def dump(result: RunResultStreaming) -> bytes:
    """Save where a run stands."""
    return dump_state(result.to_state())


def dump_state(state: RunState[Any, Any]) -> bytes:
    """Save a state."""
    body = state.to_json(context_serializer=context.serialize, strict_context=True)
    # Every opening is a new sandbox with the kept workspace in it, whatever became of the last one.
    body.pop("sandbox", None)
    envelope = {"schema": SCHEMA, "sdk": version("openai-agents"), "state": body}
    return json.dumps(envelope, separators=(",", ":")).encode()


async def load(snapshot: bytes, team: Team) -> RunState[Any, Any]:
    """Restore a state; raises `UnknownSchema` for one this version cannot go on with.

    That is one of a newer SDK, or one that names a tool or an agent which is no more.
    """
    try:
        envelope: Any = json.loads(snapshot)
        if envelope["schema"] != SCHEMA:
            raise UnknownSchema("a saved run has an unknown version")
        return await RunState.from_json(
            team.root,
            envelope["state"],
            context_deserializer=context.deserialize,
            strict_context=True,
        )
    except UnknownSchema:
        raise
    except Exception as error:
        # The SDK raises what the damage happens to trigger: its own errors, KeyError, pydantic's.
        raise UnknownSchema(f"a saved run cannot be restored ({type(error).__name__})") from None
