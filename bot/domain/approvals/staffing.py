"""Whether an approval can be decided at all: its places, against the people who could fill them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.approvals.approval import APPROVING, Approval, Decision, Question
from bot.domain.approvals.deadlines import escalations
from bot.domain.approvals.quorum import missing


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of a role and its backup: whether anybody is `listed`, whom that names, and who of these could decide.

    `able` are regular members of the workspace; who had a hand in the call is still among them.
    """

    listed: bool
    named: frozenset[str]
    able: frozenset[str]


NO_STAFF: Final = Staff(listed=False, named=frozenset(), able=frozenset())


class Why(StrEnum):
    """Why the places of a role cannot all be filled."""

    NOT_LISTED = "nobody is listed for it"
    NO_MEMBERS = "its group is gone, switched off or empty"
    HAD_A_HAND = "everybody of it had a hand in the call"
    NOT_REGULAR = "nobody of it counts"
    TOO_FEW = "there are too few"


@dataclass(frozen=True, slots=True)
class Gap:
    """A role of which `lacks` more people would be needed; `able` could decide for it."""

    role: str
    lacks: int
    able: int
    why: Why


def gaps(approval: Approval, staff: Mapping[str, Staff]) -> tuple[Gap, ...]:
    """Say which places of a pending approval nobody is left for; none where it can be decided.

    People fill one place each, and none where they asked or had a hand in the call. Who has agreed keeps
    their place. `staff` is by role, that of the backup included where it may join in.
    """
    barred = {approval.requester, *approval.authors}
    agreed = _agreed(approval)
    could = _roles_of(staff, barred.union(*({one.by, one.holder} for one in agreed)))
    free = missing(approval.requirements, [*(one.roles for one in agreed), *could.values()])
    return tuple(_gap(role, lacks, staff.get(role, NO_STAFF), barred) for role, lacks in free.items())


def joining(approval: Approval) -> dict[str, str]:
    """The backups that may decide now or will before the deadline: role → its backup."""
    later = {role for role, at in escalations(approval) if at < approval.expires_at}
    joined = later | set(approval.escalated)
    return {one.role: one.escalate_to for one in approval.requirements if one.role in joined}


def _agreed(approval: Approval) -> list[Decision]:
    """The decisions that hold: their places are taken. What happened is said by one person, in one word."""
    if approval.question is Question.OUTCOME:
        return []
    return [one for one in approval.decisions if one.verdict in APPROVING and one.digest == approval.shown]


def _roles_of(staff: Mapping[str, Staff], but: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role, people in sorted(staff.items()):
        for person in sorted(people.able.difference(but)):
            found.setdefault(person, []).append(role)
    return found


def _gap(role: str, lacks: int, staff: Staff, barred: set[str]) -> Gap:
    able = len(staff.able - barred)
    if able:
        why = Why.TOO_FEW
    elif not staff.listed:
        why = Why.NOT_LISTED
    elif not staff.named:
        why = Why.NO_MEMBERS
    else:
        why = Why.HAD_A_HAND if staff.named <= barred else Why.NOT_REGULAR
    return Gap(role, lacks, able, why)


@dataclass(frozen=True, slots=True)
class Undecidable:
    """What people were told of an approval: for which roles it lacks people. No gaps: that it can be decided again.

    `look` names the look at it that found so.
    """

    approval: str
    gaps: tuple[Gap, ...]
    look: str

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(gap.role for gap in self.gaps)


def is_news(found: Undecidable, before: Undecidable | None) -> bool:
    """Whether it differs from what people were told last: each state is told once, and so is its end."""
    return found.roles != (before.roles if before else frozenset())
