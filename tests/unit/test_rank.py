"""Who goes first, and each one's share of the slots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.rank import HEADSTART, Band, Holding, Waiting
from bot.domain.thread import ThreadRef
from tests.factories import ANA, MEI, TEAM

HOUR = 3_600_000


def waits(band: Band, rank: float, asker: str = ANA, channel: str = "C1") -> Waiting:
    return Waiting(ThreadRef(TEAM, channel, f"{rank}.{asker}"), band, rank, asker)


def test_of_one_band_the_lowest_rank_goes_first() -> None:
    late, early = waits(Band.MESSAGE, 2), waits(Band.MESSAGE, 1)

    assert Holding(8).in_order([late, early]) == [early, late]


def test_bands_overtake_for_so_long_and_no_longer() -> None:
    for band in (Band.CONTROL, Band.HOME, Band.RUN):
        ahead = HEADSTART[band]
        message = waits(Band.MESSAGE, 0)
        assert Holding(8).in_order([message, before := waits(band, ahead - 1)]) == [before, message]
        assert Holding(8).in_order([after := waits(band, ahead + 1), message]) == [message, after]


def test_a_slot_for_what_overtakes_takes_neither_runs_nor_messages() -> None:
    waiting = [waits(band, band) for band in Band]

    short = Holding(8, overtaking_only=True)
    assert [one.band for one in short.in_order(waiting)] == [Band.CONTROL, Band.HOME]


def test_no_share_holds_a_click_up() -> None:
    click, other = waits(Band.CONTROL, 1), waits(Band.MESSAGE, 0, MEI, "C2")

    assert Holding(8, {ANA: 8}, {"C1": 8}).in_order([other, click]) == [click, other]


@pytest.mark.parametrize(
    ("slots", "others_first_at", "most"),
    [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 3), (8, 4, 6), (200, 100, 150)],
)
def test_a_person_has_half_while_others_wait_and_never_the_last_quarter(
    slots: int, others_first_at: int, most: int
) -> None:
    own, other = waits(Band.MESSAGE, 0), waits(Band.MESSAGE, HOUR, MEI)

    assert Holding(slots, {ANA: others_first_at - 1}).in_order([own, other]) == [own, other]
    if others_first_at < most:
        assert Holding(slots, {ANA: others_first_at}).in_order([own, other]) == [other, own]
    assert own in Holding(slots, {ANA: most - 1}).in_order([own, other])
    assert Holding(slots, {ANA: most}).in_order([own, other]) == [other]


def test_who_asked_is_not_known_of_threads_of_before_and_they_have_no_share() -> None:
    old = waits(Band.MESSAGE, 0, asker="")

    assert Holding(8, {"": 8}).in_order([old]) == [old]


def test_somebody_may_wait_for_a_free_slot_only_where_somebody_is_held_back() -> None:
    assert not Holding(8, {ANA: 5}).holds_back
    assert Holding(8, {ANA: 6}).holds_back
    assert Holding(8, overtaking_only=True).holds_back


def test_who_holds_a_slot_gets_none_of_the_last_quarter() -> None:
    own, other = waits(Band.MESSAGE, 0), waits(Band.MESSAGE, HOUR, MEI)

    assert own in Holding(8, {ANA: 1, "U2": 4}).in_order([own, other])
    assert Holding(8, {ANA: 1, "U2": 5}).in_order([own, other]) == [other]


@pytest.mark.parametrize(("slots", "last"), [(4, 3), (8, 7), (16, 14), (50, 44)])
def test_the_last_eighth_is_kept_from_threads_whose_messages_pile_up(slots: int, last: int) -> None:
    first, second = waits(Band.MESSAGE, HOUR, MEI), replace(waits(Band.MESSAGE, 0), follows=True)

    def crowd(count: int) -> Holding:
        return Holding(slots, {f"U{number}": 1 for number in range(count)})

    assert crowd(last - 1).in_order([first, second]) == [second, first]
    assert crowd(last).in_order([first, second]) == [first]


def test_a_run_that_goes_on_takes_any_slot_but_not_all_of_them() -> None:
    run = waits(Band.RUN, 0)

    assert Holding(8, {ANA: 1, "U2": 6}).in_order([run]) == [run]
    assert Holding(8, {ANA: 6}).in_order([run]) == []
