"""Who may serve beside whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.roster import REPLACED, Register, Replica, brought, conflict, disagreement, founded, joined

ONE = Replica("r1", "host-1", 4, "T1", "U1", "old", "k1", ("k1",))
SHARED = founded(ONE)


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        (
            replace(ONE, shards=3),
            "REDIS_SHARDS is 3, but what is stored under this REDIS_PREFIX was laid out with 4",
        ),
        (replace(ONE, team="T2"), "SLACK_BOT_TOKEN is of the workspace T2"),
        (replace(ONE, bot="U2"), "SLACK_BOT_TOKEN is of the bot U2"),
    ],
)
def test_what_lays_out_the_store_may_never_differ(given: Replica, setting: str) -> None:
    assert setting in disagreement(given, SHARED)
    assert disagreement(ONE, SHARED) == ""


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        (("k1",), ("k1", "k2"), True),  # the new key behind
        (("k1", "k2"), ("k2", "k1"), True),  # then in front
        (("k2", "k1"), ("k2",), True),  # then the old one goes
        (("k1",), ("k2", "k1"), False),  # in front at once
        (("k1", "k2"), ("k2",), False),  # gone at once
        (("k1",), ("k2",), False),
        (("k2", "k1"), ("k1",), False),  # back, where some seal with the new one already
        (("k2", "k1"), ("k1", "k2"), True),
    ],
)
def test_whatever_one_seals_every_other_one_can_open(
    before: tuple[str, ...], after: tuple[str, ...], may: bool
) -> None:
    living = replace(ONE, seals_with=before[0], opens=before)
    given = replace(ONE, id="r2", seals_with=after[0], opens=after)

    assert (conflict(given, [living]) == "") is may
    assert may or "STATE_KEYS" in conflict(given, [living])
    assert conflict(given, []) == ""


def test_who_brings_new_policies_makes_them_count_and_who_has_replaced_ones_does_not() -> None:
    new = replace(ONE, id="r2", policies="new")
    shared = joined(new, Register(1, SHARED, (ONE,)))
    assert (shared.policies, shared.replaced) == ("new", ("old",))

    again = replace(ONE, id="r3")
    assert joined(again, Register(2, shared, (ONE, new))) == shared
    assert joined(again, Register(2, shared, (ONE,))).policies == "old"  # nobody has the new ones any more
    assert joined(replace(new, id="r4"), Register(2, shared, (new,))) == shared


def test_the_names_of_all_keys_that_ever_sealed_are_kept() -> None:
    rotated = replace(ONE, id="r2", seals_with="k2", opens=("k2", "k1"))

    assert SHARED.keys == ("k1",)
    assert joined(rotated, Register(1, SHARED, ())).keys == ("k1", "k2")


def test_earlier_policies_are_remembered_up_to_a_bound_and_once() -> None:
    shared = SHARED
    for number in range(2 * REPLACED):
        shared = brought(f"p{number}", shared)
    assert len(shared.replaced) == REPLACED

    assert brought("p3", brought("p4", brought("p3", SHARED))).replaced == ("old", "p4")


def test_all_who_serve_are_one_team_but_for_those_that_do_not_say() -> None:
    support = replace(ONE, agents="support")
    hr = replace(ONE, id="r2", agents="hr")

    assert conflict(hr, [support]).startswith("TEAM is hr, but 1 of the replicas that serve now (host-1) are")
    assert "the team support" in conflict(hr, [support])
    assert conflict(replace(hr, agents="support"), [support]) == ""
    assert conflict(hr, [ONE]) == ""
