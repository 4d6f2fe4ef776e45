"""Who may decide an approval right now, and on whose place."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from bot.approval import Approval
from bot.delegation import Delegation
from bot.errors import UnknownSchema
from bot.quorum import Seat
from bot.slack.approvers import Approvers
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class Electorate:
    """Asks Slack about people and the store about who stands in for them.

    Whatever Slack does not say for sure is a no: the methods raise `ApproverUnknown`.
    """

    def __init__(self, approvers: Approvers, threads: ThreadStore) -> None:
        self._approvers = approvers
        self._threads = threads

    async def seats(self, approval: Approval, user: str, at: datetime) -> list[Seat]:
        """The places a person may fill: their own first, then those of people they stand in for."""
        team = approval.thread.team
        self._approvers.forget(user)
        seats: list[Seat] = []
        if own := await self._roles(approval, user):
            seats.append(Seat(user, own))
        for holder in await self._away(approval, user, at):
            if await self._approvers.is_eligible(user, team) and (
                lent := await self._roles(approval, holder)
            ):
                seats.append(Seat(holder, lent))
        return seats

    async def people(self, approval: Approval) -> frozenset[str]:
        """Everybody of the roles who may decide it; who stands in for them is not among them."""
        found: set[str] = set()
        for role in roles_of(approval):
            found |= await self._approvers.who(role, approval.thread.team)
        return frozenset(found - {approval.requester, *approval.authors})

    async def is_eligible(self, user: str, team: str) -> bool:
        """Tell whether a person could stand in at all: a regular member of the workspace."""
        return await self._approvers.is_eligible(user, team)

    async def may_decide(self, approval: Approval, user: str, at: datetime) -> bool:
        """Tell whether a person is asked, themselves or in somebody's place, at most a minute ago."""
        if user in {approval.requester, *approval.authors}:
            return False
        people = await self.people(approval)
        if user in people:
            return True
        stand_ins = await self.stand_ins(approval.thread.team, people, at)
        return user in stand_ins.values() and await self._approvers.is_eligible(user, approval.thread.team)

    async def stand_ins(self, team: str, people: Iterable[str], at: datetime) -> dict[str, str]:
        """Who stands in for whom: person → the one who decides in their place."""
        found: dict[str, str] = {}
        for person in people:
            if delegation := await self.stand_in(team, person, at):
                found[person] = delegation.to
        return found

    async def stand_in(self, team: str, person: str, at: datetime) -> Delegation | None:
        """Who stands in for one person. What cannot be read is nobody: it keeps no one from deciding."""
        try:
            delegation = await self._threads.delegation(team, person)
        except UnknownSchema:
            log.error("delegation not readable", extra={"user": person})
            return None
        return delegation if delegation is not None and delegation.holds(at) else None

    async def _away(self, approval: Approval, user: str, at: datetime) -> list[str]:
        named: set[str] = set()
        for role in roles_of(approval):
            named |= await self._approvers.named(role)
        stand_ins = await self.stand_ins(approval.thread.team, sorted(named - {user}), at)
        return [person for person, to in stand_ins.items() if to == user]

    async def _roles(self, approval: Approval, user: str) -> tuple[str, ...]:
        counted: list[str] = []
        for one in (*approval.requirements, *approval.again):
            roles = (one.role, one.escalate_to) if one.role in approval.escalated else (one.role,)
            for role in roles:
                if one.role not in counted and await self._approvers.allows(role, user, approval.thread.team):
                    counted.append(one.role)
        return tuple(counted)


def roles_of(approval: Approval) -> list[str]:
    """The roles that may decide, those of joined backups included."""
    roles: list[str] = []
    for one in (*approval.requirements, *approval.again):
        roles.append(one.role)
        if one.role in approval.escalated:
            roles.append(one.escalate_to)
    return list(dict.fromkeys(roles))
