"""When a person is told that it takes long until their message is read, and how long. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast the line moves: `slots` of all replicas, and what `each` answer takes in one; None where nobody knows yet."""

    slots: int
    each: timedelta | None

    def wait(self, ahead: int) -> timedelta | None:
        """How long one waits with so many ahead, while all slots are busy."""
        return self.each * (ahead + 1) / self.slots if self.each is not None and self.slots else None


@dataclass(frozen=True, slots=True)
class Foretold:
    """That it takes long is to be said; `wait` from now on, None where that is not known to be long."""

    wait: timedelta | None


def foretell(ahead: int, waited: timedelta, throughput: Throughput, patience: timedelta) -> Foretold | None:
    """What to say to whom so many are ahead of, and who waited so long already; None for nothing.

    A message of a person's flood waits from some moment on that is still to come: it has not waited.
    """
    wait = throughput.wait(ahead)
    if wait is not None and wait > patience:
        return Foretold(wait)
    return Foretold(None) if waited > patience else None
