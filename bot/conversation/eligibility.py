"""Who may decide an approval right now, and on whose place."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.delegation import Delegation
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.staffing import Gap, Staff, gaps, joining
from bot.domain.errors import ApproverUnknown, UnknownSchema
from bot.domain.tasks import all_of, for_each
from bot.slack.approvers import Approvers
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class Eligibility:
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
        # Who is in a group is asked anew, and who stands in for whom beside that: of people who are new in it, behind it.
        named = await self._named(approval.roles)
        own, known = await all_of(
            self._roles(approval, user), self.stand_ins(team, sorted(named - {user}), at)
        )
        if own:
            seats.append(Seat(user, own))
        for holder in await self._away(approval, user, at, known, named):
            if await self._approvers.is_eligible(user, team) and (
                lent := await self._roles(approval, holder)
            ):
                seats.append(Seat(holder, lent))
        return seats

    async def named(self, approval: Approval) -> frozenset[str]:
        """Everybody whom the settings name for it, whether or not they would count."""
        return await self._named(approval.roles)

    async def some(self, approval: Approval, roles: Sequence[str], most: int, at: datetime) -> list[str]:
        """Name people of these roles who may decide it, each with who stands in for them; so many at most.

        Slack is asked about no more of them than that: groups can be large, and it answers a hundred such
        questions a minute.
        """
        barred = {approval.requester, *approval.authors}
        found: dict[str, None] = {}
        for person in sorted(await self._named(roles)):
            if len(found) >= most:
                break
            if person in barred or not await self._approvers.shows(person, approval.thread.team):
                continue
            instead = await self.stand_ins(approval.thread.team, [person], at)
            found |= dict.fromkeys(one for one in (person, *instead.values()) if one not in barred)
        return list(found)[:most]

    async def names(self, approval: Approval, most: int) -> dict[str, list[str]]:
        """Name some of the people behind each role that may decide; none of a role of which Slack does not say it."""
        found: dict[str, list[str]] = {}
        for role in approval.roles:
            with contextlib.suppress(ApproverUnknown):
                barred = {approval.requester, *approval.authors}
                found[role] = await self._approvers.names(role, approval.thread.team, most, barred)
        return found

    async def gaps(self, approval: Approval, *, afresh: bool) -> tuple[Gap, ...]:
        """For which roles too few are left who could decide; Slack is asked about no more people than needed.

        Unless it is `afresh`, who is in a group may be a minute old. Raises `ApproverUnknown` where that depends on what Slack does not say.
        """
        backups = joining(approval)
        roles = {one.role: (one.role, backups.get(one.role, "")) for one in approval.requirements}
        if afresh:
            self._approvers.forget_groups(role for both in roles.values() for role in both)
        named = {role: await self._named(both) for role, both in roles.items()}
        able: set[str] = set()
        unknown: ApproverUnknown | None = None

        def found() -> tuple[Gap, ...]:
            listed = {r: any(self._approvers.members_of(one) for one in both) for r, both in roles.items()}
            return gaps(approval, {r: Staff(listed[r], named[r], named[r] & able) for r in roles})

        for person in sorted(
            frozenset[str]().union(*named.values()) - {approval.requester, *approval.authors}
        ):
            if not found():
                return ()
            try:
                able |= {person} if await self.is_eligible(person, approval.thread.team) else set()
            except ApproverUnknown as error:
                unknown = error  # the others may do
        if (left := found()) and unknown is not None:
            raise unknown
        return left

    async def _named(self, roles: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        for role in filter(None, roles):
            found |= await self._approvers.named(role)
        return frozenset(found)

    async def is_in(self, role: str, user: str, team: str) -> bool:
        """Tell whether a person is of a role themselves, and a regular member. Raises `ApproverUnknown`."""
        return user in await self._named([role]) and await self.is_eligible(user, team)

    async def is_eligible(self, user: str, team: str) -> bool:
        """Tell whether a person could stand in at all: a regular member of the workspace."""
        return await self._approvers.is_eligible(user, team)

    async def roles_open_to(self, user: str, team: str, at: datetime) -> tuple[frozenset[str], bool]:
        """The roles for which a person is asked, themselves or in somebody's place, at most ten minutes ago.

        Second, whether Slack left gaps.
        """
        found: set[str] = set()
        unsure = False
        for role in self._approvers.roles:
            try:
                if await self._is_asked(user, [role], team, at):
                    found.add(role)
            except ApproverUnknown:
                unsure = True
        return frozenset(found), unsure

    async def may_decide(self, approval: Approval, user: str, at: datetime) -> bool:
        """Tell whether a person is asked, themselves or in somebody's place, at most a minute ago."""
        if user in {approval.requester, *approval.authors}:
            return False
        return await self._is_asked(
            user, approval.roles, approval.thread.team, at, barred={approval.requester, *approval.authors}
        )

    async def _is_asked(
        self,
        user: str,
        roles: Iterable[str],
        team: str,
        at: datetime,
        barred: Collection[str] = (),
    ) -> bool:
        """Tell whether a person is of one of these roles, or stands in for somebody who is; of two people at most."""
        named = await self._named(roles) - {*barred}
        if not await self._approvers.shows(user, team):
            return False
        if user in named:
            return True
        stand_ins = await self.stand_ins(team, sorted(named), at)
        places = [person for person, to in stand_ins.items() if to == user]
        return any([await self._approvers.shows(person, team) for person in places])

    async def stand_ins(self, team: str, people: Iterable[str], at: datetime) -> dict[str, str]:
        """Who stands in for whom: person → the one who decides in their place."""
        asked = [*people]
        found = await for_each(lambda person: self.stand_in(team, person, at), asked)
        return {person: one.to for person, one in zip(asked, found, strict=True) if one}

    async def stand_in(self, team: str, person: str, at: datetime) -> Delegation | None:
        """Who stands in for one person. What cannot be read is nobody: it keeps no one from deciding."""
        try:
            delegation = await self._threads.delegation(team, person)
        except UnknownSchema:
            log.error("delegation not readable", extra={"user": person})
            return None
        return delegation if delegation is not None and delegation.holds(at) else None

    async def _away(
        self, approval: Approval, user: str, at: datetime, known: Mapping[str, str], asked: Collection[str]
    ) -> list[str]:
        """Whom a person stands in for, of those who are named now; of some who were `asked` about that is known."""
        named = await self._named(approval.roles) - {user}
        new = await self.stand_ins(approval.thread.team, sorted(named - {*asked}), at)
        return sorted(person for person, to in {**known, **new}.items() if to == user and person in named)

    async def _roles(self, approval: Approval, user: str) -> tuple[str, ...]:
        counted: list[str] = []
        for one in (*approval.requirements, *approval.again):
            roles = (one.role, one.escalate_to) if one.role in approval.escalated else (one.role,)
            for role in roles:
                if one.role not in counted and await self._approvers.allows(role, user, approval.thread.team):
                    counted.append(one.role)
        return tuple(counted)
