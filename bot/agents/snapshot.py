"""A saved run: the SDK's RunState in an envelope that says who wrote it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, Final

from agents import RunState
from agents.result import RunResultStreaming

from bot.agents import context, quick_identities
from bot.agents.handoffs import Handoffs
from bot.domain.errors import UnknownSchema
from bot.domain.replaced_texts import replaced

quick_identities.install()

#: The envelope's own version.
SCHEMA: Final = 1
#: Read once: where there are no files left, a run can be saved all the same.
_SDK: Final = version("openai-agents")
#: Of a state that goes on with its first model call, and takes messages in until then, as between two turns.
_BEGINS: Final = {"current_turn": 0, "current_step": {"type": "next_step_run_again"}}


def dump(result: RunResultStreaming, turns: Mapping[str, int]) -> bytes:
    """Save where a run stands, and how many turns each of its agents has taken."""
    return dump_state(result.to_state(), turns)


def dump_unbegun(result: RunResultStreaming) -> bytes:
    """Save a run that was stopped before its first model call: gone on with, it begins with that."""
    return dump_state(result.to_state(), {}, changes=_BEGINS)


def dump_state(
    state: RunState[Any, Any], turns: Mapping[str, int], *, changes: Mapping[str, Any] = MappingProxyType({})
) -> bytes:
    """Save a state, with `changes` to what the SDK makes of it."""
    body = state.to_json(context_serializer=context.serialize, strict_context=True)
    # Every opening is a new sandbox with the kept workspace in it, whatever became of the last one.
    body.pop("sandbox", None)
    body |= changes
    envelope = {"schema": SCHEMA, "sdk": _SDK, "state": body, "turns": turns}
    return json.dumps(envelope, separators=(",", ":")).encode()


def turns_of(snapshot: bytes) -> Counter[str]:
    """How many turns each agent of a saved run has taken; none are known of a run that an earlier release saved."""
    envelope: Any = json.loads(snapshot)
    return Counter({str(name): int(count) for name, count in envelope.get("turns", {}).items()})


def with_texts(snapshot: bytes, text: Callable[[str], str]) -> bytes | None:
    """A saved run with what `text` makes of each of its texts; None where all stay."""
    envelope = json.loads(snapshot)
    anew = replaced(envelope, text)
    return None if anew == envelope else json.dumps(anew, separators=(",", ":")).encode()


async def load(snapshot: bytes, team: Handoffs) -> RunState[Any, Any]:
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
