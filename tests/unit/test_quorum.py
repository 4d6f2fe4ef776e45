"""Different people for different places."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.quorum import missing
from bot.domain.approvals.requirement import Requirement


def need(role: str, quorum: int = 1) -> Requirement:
    return Requirement(role, "because", quorum)


@pytest.mark.parametrize(
    ("needs", "given_roles", "free"),
    [
        ([need("finance")], [], {"finance": 1}),
        ([need("finance")], [("finance",)], {}),
        ([need("finance", 2)], [("finance",)], {"finance": 1}),
        ([need("finance", 2)], [("finance",), ("finance",)], {}),
        ([need("finance"), need("legal")], [("finance", "legal")], {"legal": 1}),
        ([need("finance"), need("legal")], [("finance", "legal"), ("finance",)], {}),
        ([need("finance"), need("legal")], [("finance",), ("finance",)], {"legal": 1}),
        ([need("finance", 2), need("legal")], [("finance", "legal"), ("legal",), ("finance",)], {}),
        ([need("finance")], [("legal",)], {"finance": 1}),
        ([], [], {}),
    ],
    ids=range(10),
)
def test_places_are_filled_by_different_people(
    needs: list[Requirement], given_roles: list[tuple[str, ...]], free: dict[str, int]
) -> None:
    assert missing(needs, given_roles) == free


ROLES = ("finance", "legal", "ops")


@given(
    needs=st.lists(
        st.builds(need, st.sampled_from(ROLES), st.integers(1, 2)), max_size=3, unique_by=lambda n: n.role
    ),
    people=st.lists(st.lists(st.sampled_from(ROLES), unique=True, max_size=3), max_size=4),
)
def test_no_seating_leaves_fewer_places_free_and_the_order_of_clicks_does_not_matter(
    needs: list[Requirement], people: list[list[str]]
) -> None:
    places = [one.role for one in needs for _ in range(one.quorum)]
    seatings = permutations([*people, *([[]] * len(places))], len(places))
    fewest = min(
        (
            sum(place not in roles for place, roles in zip(places, seating, strict=True))
            for seating in seatings
        ),
        default=0,
    )

    assert sum(missing(needs, people).values()) == fewest
    assert sum(missing(needs, list(reversed(people))).values()) == fewest
