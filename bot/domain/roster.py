"""Who serves now, and what all who serve must have in common. Pure rules; `bot.store.roster` keeps it.

Some settings lay out what is stored: they are written down by the first replica, and one that has
others never starts. Keys may differ while they are rotated, as far as everybody can open what
anybody seals. Of policies one set works at a time: the latest that was brought, so that in a rolling
upgrade nobody is asked by the earlier rules any more once a replica with new ones has started.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

#: How many earlier sets of policies are remembered.
REPLACED: Final = 50


@dataclass(frozen=True, slots=True)
class Replica:
    """What a replica says of itself. Keys and policies are named by fingerprints, never told.

    `team` is the workspace, as everywhere; `agents` is the team of agents and `slots` how many of its answers are under way
    at once, both empty where an older release does not say.
    """

    id: str
    host: str
    shards: int
    team: str
    bot: str
    policies: str
    seals_with: str = ""
    opens: tuple[str, ...] = ()
    agents: str = ""
    slots: int = 0
    #: Whether it knows of running conversations; False where an older release does not say.
    runs_on: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """What is written down for all: the layout, whose it is, and the policies that count.

    `replaced` are those that counted before, `keys` the names of all that anything was sealed with.
    """

    shards: int
    team: str
    bot: str
    policies: str
    replaced: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """The roster as it was read at one moment; `living` are all whose word is still fresh."""

    version: int
    shared: Shared | None
    living: tuple[Replica, ...]

    def others(self, replica: Replica) -> list[Replica]:
        """Everybody but this one."""
        return [one for one in self.living if one.id != replica.id]


def founded(replica: Replica) -> Shared:
    """What the first replica writes down."""
    return Shared(replica.shards, replica.team, replica.bot, replica.policies, keys=_with(replica.seals_with))


def disagreement(replica: Replica, shared: Shared) -> str:
    """Say in what a replica differs from what is stored, where it never may; empty where it does not."""
    if replica.shards != shared.shards:
        return (
            f"REDIS_SHARDS is {replica.shards}, but what is stored under this REDIS_PREFIX was laid out "
            f"with {shared.shards}: it cannot change there. Set {shared.shards}."
        )
    if replica.team != shared.team:
        return (
            f"SLACK_BOT_TOKEN is of the workspace {replica.team}, but what is stored under this "
            f"REDIS_PREFIX is of {shared.team}. Set another REDIS_PREFIX, or the token of that workspace."
        )
    if replica.bot != shared.bot:
        return (
            f"SLACK_BOT_TOKEN is of the bot {replica.bot}, but what is stored under this REDIS_PREFIX is of "
            f"the bot {shared.bot}. Set another REDIS_PREFIX, or the token of that app; if the app "
            "was made anew, run `countersign roster --accept` once while no replica runs."
        )
    return ""


def conflict(replica: Replica, others: Sequence[Replica]) -> str:
    """Say why a replica must not serve beside these; empty where it may.

    Whatever one seals, every other one has to open, and all are one team: any of them may go on with what another began.
    """
    if others_agents := [one for one in others if one.agents not in {"", replica.agents}]:
        return (
            f"TEAM is {replica.agents}, but {_count(others_agents, 'are')} the team {others_agents[0].agents}. One bot is one "
            "team: stop them first, or set their TEAM."
        )
    if strangers := [one for one in others if replica.seals_with not in one.opens]:
        return (
            f"STATE_KEYS would seal with a key that {_count(strangers)} not have. Put the new key behind "
            "the present one first, on every replica; put it in front when all have been restarted."
        )
    if sealing := [one for one in others if one.seals_with not in replica.opens]:
        return f"STATE_KEYS lacks the key that {_count(sealing)} seal with. Put it back, behind the others."
    return ""


def joined(replica: Replica, register: Register) -> Shared:
    """What is shared once a replica has joined: its policies count unless they were replaced before.

    Those that were replaced count again only where nobody with the present ones is left.
    """
    shared = register.shared
    if shared is None:
        return founded(replica)
    shared = replace(shared, keys=_with(*shared.keys, replica.seals_with))
    if replica.policies == shared.policies:
        return shared
    present = [one for one in register.others(replica) if one.policies == shared.policies]
    if present and replica.policies in shared.replaced:
        return shared
    return brought(replica.policies, shared)


def brought(policies: str, shared: Shared) -> Shared:
    """Let other policies count from now on."""
    earlier = [one for one in (*shared.replaced, shared.policies) if one != policies]
    return replace(shared, policies=policies, replaced=tuple(dict.fromkeys(earlier))[-REPLACED:])


def _with(*keys: str) -> tuple[str, ...]:
    return tuple(sorted({*keys} - {""}))


def _count(replicas: Sequence[Replica], verb: str = "do") -> str:
    hosts = ", ".join(sorted({one.host for one in replicas}))
    return f"{len(replicas)} of the replicas that serve now ({hosts}) {verb}"
