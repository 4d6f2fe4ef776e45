"""A thread as the picker of `/reset` and the Home tab list it, and what would go with it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.approvals.approval import Approval
from bot.domain.thread import ThreadRef

#: How many approvals a button can name: their ids have to fit into its value.
NAMED = 60


@dataclass(frozen=True, slots=True)
class RecentThread:
    """A line of the list. `waiting` are the approvals that a reset withdraws; `is_busy`: a message is being answered there."""

    thread: ThreadRef
    title: str
    permalink: str
    waiting: tuple[Approval, ...] = ()
    is_busy: bool = False

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is lost with it but what is remembered."""
        return not (self.waiting or self.is_busy)

    @property
    def named(self) -> tuple[str, ...]:
        """The approvals that its button names."""
        return tuple(one.id for one in self.waiting[:NAMED])
