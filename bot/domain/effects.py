"""The names of side effects: in the journal, and as idempotency keys towards the services behind them. Pure.

An effect is named by what happened, never by an id that a model, the SDK or a counter made up. Where
Redis forgot its last moments, the same message is answered once more, by a run with new call ids, and
the services must still recognise what they did for it before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Final

from bot.domain.thread import ThreadRef

#: Hexadecimal digits of a name.
LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a run asks for it: `identity` is what tells it from others of its tool, in canonical JSON."""

    tool: str
    identity: str


def names(
    thread: ThreadRef, run_id: str, calls: Sequence[Asked], *, behind: Collection[str] = ()
) -> list[str]:
    """Name the effects of calls that may run together, in their order.

    `run_id` is the message that began the run, and `behind` what the run has done already. Two
    identical calls of a run are two effects: each gets the first name that none of the others has.
    """
    taken = set(behind)
    named: list[str] = []
    for call in calls:
        free = (name(thread, run_id, call, ordinal) for ordinal in count())
        named.append(next(one for one in free if one not in taken))
        taken.add(named[-1])
    return named


def name(thread: ThreadRef, run_id: str, call: Asked, ordinal: int = 0) -> str:
    """Name one effect; `ordinal` counts identical calls of the run from zero."""
    # No generation: a reset that Redis forgot must not make another payment of the same call.
    return _hash(f"{thread}\n{run_id}\n{call.tool}\n{call.identity}\n{ordinal}")


def former_name(thread: ThreadRef, generation: int, run_id: str, call_id: str, asked_digest: str) -> str:
    """The name that releases up to 0.1 gave to an effect."""
    return _hash(f"{thread}\n{generation}\n{run_id}\n{call_id}:{asked_digest[:16]}")


def _hash(scope: str) -> str:
    return sha256(scope.encode()).hexdigest()[:LENGTH]
