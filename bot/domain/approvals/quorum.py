"""Who counts for what: different people for different places, found as a matching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.approvals.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's place among those who decide: whose it is, and the roles it counts for.

    Who stands in for somebody sits on that person's seat, and fills no second place with it.
    """

    holder: str
    roles: tuple[str, ...]


def missing(requirements: Sequence[Requirement], given: Iterable[Sequence[str]]) -> dict[str, int]:
    """Count, by role, the places that are still free.

    `given` holds the roles of each person who approved. A person fills one place only, also
    one who is of finance and of legal; they are seated so that as few places as possible stay
    free (a maximum bipartite matching by augmenting paths).
    """
    places = [one.role for one in requirements for _ in range(one.quorum)]
    people = list(given)
    sits: dict[int, int] = {}  # place → person

    def seat(person: int, tried: set[int]) -> bool:
        for place, role in enumerate(places):
            if role in people[person] and place not in tried:
                tried.add(place)
                if place not in sits or seat(sits[place], tried):
                    sits[place] = person
                    return True
        return False

    for person in range(len(people)):
        seat(person, set())
    free: dict[str, int] = {}
    for place, role in enumerate(places):
        if place not in sits:
            free[role] = free.get(role, 0) + 1
    return free
