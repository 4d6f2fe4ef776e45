"""Standing in: while somebody is away, another person may decide in their place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import DelegationRefused

#: Nobody hands their place over for longer.
LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Delegation:
    """`to` stands in for `who` until a moment. It is not handed on further."""

    who: str
    to: str
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether it holds at a moment."""
        return at < self.until


def delegated(who: str, to: str, until: datetime, *, at: datetime) -> Delegation:
    """Make a delegation; raises `DelegationRefused` for one to oneself or of a wrong length."""
    if to == who or not at < until <= at + LONGEST:
        raise DelegationRefused
    return Delegation(who, to, until)
