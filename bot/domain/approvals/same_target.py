"""Other calls of a tool on what a call acts on: made before, or waiting at the same time. For people who decide."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

#: So many are kept with an approval, the latest; the others are counted.
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class OtherCall:
    """A call of the same tool on the same target, and what it moves, as people write that; empty where it names no amount.

    One that `waits` has not been decided; of one that was let go on nobody says here how it ended.
    """

    at: datetime
    amount: str
    waits: bool


@dataclass(frozen=True, slots=True)
class OnTarget:
    """What a call acts on, and the other calls on it: the latest ones, and how many there are in all."""

    target: str
    calls: tuple[OtherCall, ...] = ()
    count: int = 0

    def plus(self, more: Sequence[OtherCall]) -> OnTarget:
        """Add calls, and keep the latest of all: there may be thousands, and this is stored with each approval."""
        found = sorted((*self.calls, *more), key=lambda one: one.at)
        return OnTarget(self.target, tuple(found[-MOST:]), self.count + len(more))


def target_of(argument: str, arguments: str | Mapping[str, Any]) -> str:
    """The value of an argument as text; empty where the tool names none, or the call has none."""
    given: Mapping[str, Any] = json.loads(arguments) if isinstance(arguments, str) else arguments
    value = given.get(argument, "") if argument else ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
