"""Who may decide: people and user groups of the settings, resolved when it matters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from bot.domain.approvals.asker import UNKNOWN, Asker, Kind
from bot.domain.errors import ApproverUnknown, SlackBusy, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.slack.client import Slack
from bot.slack.person import Person

#: Seconds for which Slack is not asked again about the same group or person.
FRESH: Final = 60.0
#: The same for a person, where it is only shown who may decide: Slack answers 100 such questions a
#: minute (https://docs.slack.dev/reference/methods/users.info), and groups can be large.
FRESH_TO_SHOW: Final = 600.0

#: What Slack answers about somebody who is not there: that somebody is then nobody, and no more.
_NOBODY: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found", "no_such_subteam"})

_T = TypeVar("_T")


class Approvers:
    """Resolves roles. An unknown role and an empty list are nobody."""

    def __init__(
        self, slack: Slack, roles: Mapping[str, Sequence[str]], *, clock: Callable[[], float]
    ) -> None:
        self._slack = slack
        self._roles = roles
        self._clock = clock
        self._groups: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._people: dict[str, tuple[float, Person | None]] = {}

    @property
    def roles(self) -> Sequence[str]:
        """Every role that the settings name."""
        return tuple(self._roles)

    def members_of(self, role: str) -> Sequence[str]:
        """The ids that the settings list for a role, user groups as such."""
        return self._roles.get(role, ())

    def forget(self, user: str) -> None:
        """Ask Slack anew about a person, next time."""
        self._people.pop(user, None)

    def forget_groups(self, roles: Iterable[str]) -> None:
        """Ask Slack anew about the groups of some roles, next time."""
        for group in (name for role in roles for name in self.members_of(role)):
            self._groups.pop(group, None)

    async def shows(self, user: str, team: str) -> bool:
        """Tell whether somebody is asked at all: a regular member of the workspace, ten minutes ago at most.

        Guests, bots, deactivated people and those of other workspaces are not. Raises `ApproverUnknown` when
        Slack does not answer.
        """
        return await self.is_eligible(user, team, FRESH_TO_SHOW)

    async def allows(self, role: str, user: str, team: str) -> bool:
        """Tell whether one person may decide: a no may be a minute old, a yes is never.

        Raises `ApproverUnknown` when Slack does not answer.
        """
        if user not in await self.named(role):
            return False
        self.forget_groups([role])
        self._people.pop(user, None)
        asked = self.named(role), self.is_eligible(user, team)
        named, is_eligible = await asyncio.gather(*asked, return_exceptions=True)
        if isinstance(named, BaseException):
            raise named
        if user in named and isinstance(is_eligible, BaseException):
            raise is_eligible
        return user in named and is_eligible is True

    async def named(self, role: str) -> frozenset[str]:
        """Everybody the settings name for a role, whether or not they would count."""
        found: set[str] = set()
        for name in self._roles.get(role, ()):
            if name.startswith("S"):  # a user group; people are U… or W…
                found.update(await self._members(name))
            else:
                found.add(name)
        return frozenset(found)

    async def names(self, role: str, team: str, most: int, barred: Collection[str]) -> list[str]:
        """Names of some people of a role as they call themselves, ten minutes ago at most; the last may count the rest.

        People who are `barred` or would not count are left out, and Slack is asked about twice as many at most: of a large
        group of guests none is named. Raises `ApproverUnknown` when Slack does not answer.
        """
        found: list[str] = []
        named = sorted(await self.named(role) - {*barred})
        for at, user in enumerate(named):
            if len(found) == most or at == 2 * most:
                return [*found, f"and up to {len(named) - at} more"] if found else []
            person = await self._person(user, FRESH_TO_SHOW)
            if person is not None and await self.shows(user, team):
                found.append(person.name)
        return found

    async def _members(self, group: str) -> tuple[str, ...]:
        if (known := self._groups.get(group)) and self._clock() - known[0] < FRESH:
            return known[1]
        members = await _asked(self._slack.members(group), nobody=())
        self._groups[group] = (self._clock(), members)
        return members

    async def is_eligible(self, user: str, team: str, fresh: float = FRESH) -> bool:
        """Tell whether a person is a regular member of the workspace, at most so many seconds ago."""
        person = await self._person(user, fresh)
        return person is not None and person.id == user and person.is_regular and team in person.teams

    async def asker(self, user: str, team: str, groups: Iterable[str]) -> Asker:
        """What somebody is who asks for a call, a minute ago at most, and which of these groups they are in.

        Raises `SlackBusy` and `SlackUnauthorized`, which are waited out; whatever else Slack does not say is unknown.
        """
        try:
            person = await self._person(user, FRESH)
            among = {group for group in groups if user in await self._members(group)}
        except ApproverUnknown as unknown:
            if isinstance(unknown.__cause__, SlackBusy):
                raise unknown.__cause__ from None
            return UNKNOWN
        if person is None or person.id != user:
            return UNKNOWN
        return Asker(person.kind if team in person.teams else Kind.STRANGER, frozenset(among))

    async def _person(self, user: str, fresh: float) -> Person | None:
        if (known := self._people.get(user)) and self._clock() - known[0] < fresh:
            return known[1]
        asking: Awaitable[Person | None] = self._slack.person(user)
        person = await _asked(asking, nobody=None)
        self._people[user] = (self._clock(), person)
        return person


async def _asked(question: Awaitable[_T], *, nobody: _T) -> _T:
    """Await Slack's answer; what it cannot or will not say is never taken for a yes."""
    try:
        return await question
    except SlackRejected as refusal:
        if refusal.code in _NOBODY:
            return nobody
        raise ApproverUnknown from refusal
    except SlackUnauthorized:
        raise  # it says nothing of anybody: who asks waits
    except SlackUnavailable as error:
        raise ApproverUnknown from error
