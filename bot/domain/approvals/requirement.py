"""What a policy asks for: who decides, how many of them, by when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Annotated, Final

from pydantic import Field

#: A stored quorum that is none, as a damaged record may hold one, must neither count as met nor
#: be laid out place by place.
LARGEST_QUORUM: Final = 100


class Severity(IntEnum):
    """How much is at stake; HIGH asks each approver once more and is never granted in advance."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Requirement:
    """The consent of `quorum` different people of a role.

    `expires_after` None stands for the bot's general deadline. Reminders begin `remind_after`
    the request and double their distance. At `escalate_after` (None: half of the time) the
    people of the role `escalate_to` may decide as well.
    """

    role: str
    why: str
    quorum: Annotated[int, Field(ge=1, le=LARGEST_QUORUM)] = 1
    expires_after: timedelta | None = None
    remind_after: timedelta | None = None
    escalate_to: str = ""
    escalate_after: timedelta | None = None
    severity: Severity = Severity.NORMAL


def strictest(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Make one of all that name the same role, with the strictest of each of their terms."""
    merged: dict[str, Requirement] = {}
    for one in requirements:
        known = merged.get(one.role)
        merged[one.role] = one if known is None else _both(known, one)
    return tuple(merged.values())


def _both(first: Requirement, second: Requirement) -> Requirement:
    leading, other = (second, first) if _rank(second) > _rank(first) else (first, second)
    return Requirement(
        role=leading.role,
        why=_told(leading.why, other.why),
        quorum=max(first.quorum, second.quorum),
        expires_after=_sooner(first.expires_after, second.expires_after),
        remind_after=_sooner(first.remind_after, second.remind_after),
        escalate_to=leading.escalate_to or other.escalate_to,
        escalate_after=leading.escalate_after if leading.escalate_to else other.escalate_after,
        severity=max(first.severity, second.severity),
    )


def _told(first: str, second: str) -> str:
    """Put two reasons into one, without saying anything twice."""
    if first in second:
        return second
    return first if second in first else f"{first} {second}"


def _rank(requirement: Requirement) -> tuple[int, int]:
    return requirement.severity, requirement.quorum


def _sooner(first: timedelta | None, second: timedelta | None) -> timedelta | None:
    given = [time for time in (first, second) if time is not None]
    return min(given, default=None)
