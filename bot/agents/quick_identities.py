"""The Agents SDK's order of agents that share a name, found out only where two do.

It tells them apart by all that they are made of, and writes that down for each agent at each save and each load of a run,
though an agent whose name is its own is compared with nothing: a tenth of the bot's work in a turn. What is compared here
is the same, and is made when it is compared. See docs/adr/0028.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from agents import Agent
from agents import _run_state_agent_identity as identities


class Signature:
    """What an agent is made of, as the SDK writes it, once somebody compares it. All have one hash, which tells nothing."""

    def __init__(self, agent: Agent[Any]) -> None:
        self._agent = agent

    @cached_property
    def text(self) -> str:
        """The SDK's own."""
        return identities._agent_identity_signature(self._agent)  # pyright: ignore[reportPrivateUsage]

    def __lt__(self, other: Signature) -> bool:
        return self.text < other.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signature) and self.text == other.text

    def __hash__(self) -> int:
        return 0


def _sort_key(
    agent: Agent[Any], *, root_agent: Agent[Any], original_index: int
) -> tuple[int, Signature, int]:
    """The SDK's key, with its signature not made yet."""
    return (0 if agent is root_agent else 1, Signature(agent), original_index)


def install() -> None:
    """Have the SDK use it, in this process."""
    setattr(identities, "_agent_identity_sort_key", _sort_key)  # noqa: B010 - its own is not to be assigned to
