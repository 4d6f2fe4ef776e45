"""Who is left to decide: places against people, compared with every way to seat them."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.approval import Approval, Edit, Offers, Question, Verdict, canonical
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.staffing import Gap, Staff, Undecidable, Why, gaps, is_news, joining
from bot.domain.approvals.transitions import edit
from tests.factories import ANA, MEI, NOON, OMAR, THEO, a_decision, an_approval, seated


def staff(*people: str, named: tuple[str, ...] = (), listed: bool = True) -> Staff:
    return Staff(listed, frozenset(named or people), frozenset(people))


def needs(**quorums: int) -> Approval:
    return an_approval(
        requirements=tuple(Requirement(role, "because", quorum) for role, quorum in quorums.items())
    )


@pytest.mark.parametrize(
    ("approval", "people", "found"),
    [
        (needs(finance=1), {"finance": staff(OMAR)}, []),
        (needs(finance=2), {"finance": staff(OMAR, MEI)}, []),
        (needs(finance=1), {"finance": staff(listed=False)}, [("finance", 1, 0, Why.NOT_LISTED)]),
        (needs(finance=1), {}, [("finance", 1, 0, Why.NOT_LISTED)]),
        (needs(finance=1), {"finance": staff()}, [("finance", 1, 0, Why.NO_MEMBERS)]),
        (needs(finance=1), {"finance": staff(ANA)}, [("finance", 1, 0, Why.HAD_A_HAND)]),
        (needs(finance=1), {"finance": staff(named=(OMAR,))}, [("finance", 1, 0, Why.NOT_REGULAR)]),
        (needs(finance=1), {"finance": staff(ANA, named=(ANA, OMAR))}, [("finance", 1, 0, Why.NOT_REGULAR)]),
        (needs(finance=2), {"finance": staff(ANA, OMAR)}, [("finance", 1, 1, Why.TOO_FEW)]),
        (
            needs(finance=1, legal=1),
            {"finance": staff(OMAR), "legal": staff(OMAR)},
            [("legal", 1, 1, Why.TOO_FEW)],
        ),
        (needs(finance=1, legal=1), {"finance": staff(OMAR, MEI), "legal": staff(OMAR)}, []),
        (needs(finance=3), {"finance": staff()}, [("finance", 3, 0, Why.NO_MEMBERS)]),
    ],
    ids=range(12),
)
def test_what_is_lacking_is_named_with_the_reason(
    approval: Approval, people: dict[str, Staff], found: list[tuple[str, int, int, Why]]
) -> None:
    assert gaps(approval, people) == tuple(Gap(*one) for one in found)


def test_who_has_agreed_keeps_their_place_though_they_left_the_group() -> None:
    half = an_approval(
        requirements=(Requirement("finance", "because", 2),),
        decisions=(a_decision(OMAR, roles=("finance",)),),
    )

    assert gaps(half, {"finance": staff(MEI)}) == ()
    assert gaps(half, {"finance": staff(OMAR)}) == (
        Gap("finance", 1, 1, Why.TOO_FEW),
    )  # he is seated already


def test_who_decided_in_anothers_place_has_used_both_up() -> None:
    theo_for_omar = a_decision(THEO, roles=("finance",), holder=OMAR)
    half = an_approval(requirements=(Requirement("finance", "because", 2),), decisions=(theo_for_omar,))

    assert gaps(half, {"finance": staff(OMAR, THEO)}) == (Gap("finance", 1, 2, Why.TOO_FEW),)
    assert gaps(half, {"finance": staff(OMAR, MEI)}) == ()


def test_who_changes_a_call_is_lost_for_it_and_what_was_agreed_before_is_void() -> None:
    offers = Offers(("amount", "invoice_id", "currency", "reason"))
    before = an_approval(requirements=(Requirement("finance", "because", 2),), offers=offers)
    after = edit(
        before,
        Edit(OMAR, NOON, before.arguments, canonical({"amount": "25.00"})),
        digest=before.digest,
        seats=seated(OMAR),
        needs=(),
    )

    assert gaps(before, {"finance": staff(OMAR, MEI)}) == ()
    assert gaps(after, {"finance": staff(OMAR, MEI)}) == (Gap("finance", 1, 1, Why.TOO_FEW),)


def test_one_who_has_looked_can_say_what_happened_whoever_wanted_it_tried_again() -> None:
    question = an_approval(
        question=Question.OUTCOME, decisions=(a_decision(OMAR, Verdict.RETRY, roles=("finance",)),)
    )

    assert gaps(question, {"finance": staff(OMAR)}) == ()
    assert gaps(question, {"finance": staff(ANA)}) == (Gap("finance", 1, 0, Why.HAD_A_HAND),)


@pytest.mark.parametrize(
    ("after", "escalated", "joins"),
    [
        (timedelta(hours=1), (), {"finance": "board"}),
        (None, (), {"finance": "board"}),
        (timedelta(days=2), (), {}),  # after the deadline
        (timedelta(days=2), ("finance",), {"finance": "board"}),
    ],
    ids=["in time", "half of the time", "too late", "has joined"],
)
def test_a_backup_counts_that_joins_before_the_deadline(
    after: timedelta | None, escalated: tuple[str, ...], joins: dict[str, str]
) -> None:
    rule = Requirement("finance", "because", escalate_to="board", escalate_after=after)

    assert joining(an_approval(requirements=(rule,), escalated=escalated)) == joins


def test_each_state_is_told_once_and_its_end_only_where_it_was_told() -> None:
    def seen(*roles: str) -> Undecidable:
        return Undecidable("a1", tuple(Gap(role, 1, 0, Why.NO_MEMBERS) for role in roles), "0.0")

    assert not is_news(seen(), None)
    assert is_news(seen("finance"), None)
    assert not is_news(seen("finance"), seen("finance"))
    assert is_news(seen("finance", "legal"), seen("finance"))
    assert is_news(seen(), seen("finance"))


ROLES = ("finance", "legal", "ops")
PEOPLE = (ANA, OMAR, MEI, THEO, "U0GUS00001")


@given(
    wanted=st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), min_size=1, max_size=3),
    able=st.dictionaries(st.sampled_from(ROLES), st.frozensets(st.sampled_from(PEOPLE), max_size=4)),
    authors=st.frozensets(st.sampled_from(PEOPLE), max_size=2),
)
def test_it_can_be_decided_where_any_seating_fills_every_place(
    wanted: dict[str, int], able: dict[str, frozenset[str]], authors: frozenset[str]
) -> None:
    requirements = tuple(Requirement(role, "because", quorum) for role, quorum in wanted.items())
    approval = an_approval(requirements=requirements, authors=(ANA, *sorted(authors)))
    places = [role for role, quorum in wanted.items() for _ in range(quorum)]
    free_people = [person for person in PEOPLE if person not in {ANA, *authors}]
    nobody = [""] * len(places)
    fewest = min(
        sum(person not in able.get(role, ()) for role, person in zip(places, seating, strict=True))
        for seating in permutations([*free_people, *nobody], len(places))
    )

    found = gaps(approval, {role: staff(*people) for role, people in able.items()})

    assert sum(gap.lacks for gap in found) == fewest
    assert all(gap.role in wanted and gap.lacks <= wanted[gap.role] for gap in found)
