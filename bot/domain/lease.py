"""How long a worker may believe that it holds its thread.

Redis fences what a worker writes there, but Slack cannot: a process that was paused longer than
its lease would, on waking up, put half an answer or an open card over what another one finished
meanwhile. So every call of Slack asks first whether the lease can still be held by the clock here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta

from bot.domain.errors import LeaseLost


class Lease:
    """The lease of one claim, as the worker's own clock sees it: never longer than Redis does."""

    def __init__(self, length: timedelta, clock: Callable[[], float]) -> None:
        self._length = length.total_seconds()
        self._clock = clock
        self._until = 0.0

    def ask(self) -> float:
        """Take the moment before Redis is asked for the lease, for `granted`."""
        return self._clock()

    def granted(self, asked: float) -> None:
        """Note that Redis granted it, at some moment after `asked`."""
        self._until = asked + self._length

    @property
    def is_held(self) -> bool:
        """Whether it cannot have lapsed yet."""
        return self._clock() < self._until


#: The lease under which the present task works; none outside of a worker.
PRESENT: ContextVar[Lease | None] = ContextVar("PRESENT", default=None)


def is_held() -> bool:
    """Whether the present task works under no lease, or under one that cannot have lapsed."""
    lease = PRESENT.get()
    return lease is None or lease.is_held


def check() -> None:
    """Raise `LeaseLost` where the present task's lease may have lapsed."""
    if not is_held():
        raise LeaseLost
