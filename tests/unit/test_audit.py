"""The chain of the audit log: whatever is done to it, it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import Deed, Entry, Head, Link, Verifier, Written, chain
from tests.factories import NOON, OMAR, TEAM


def an_entry(number: int) -> Entry:
    return Entry(
        f"e{number}", NOON, TEAM, Deed.DECIDED, approval="00-a", person=OMAR, details={"n": str(number)}
    )


LINKS = list(chain([an_entry(number) for number in range(6)], Head()))
HEAD = Head(LINKS[-1].seq, LINKS[-1].hash)


def found(links: list[Link], head: Head = HEAD) -> list[tuple[int, str]]:
    verifier = Verifier()
    for link in links:
        verifier.read(link)
    verifier.end(head)
    return [(problem.seq, problem.text) for problem in verifier.problems]


def test_a_chain_that_nobody_touched_is_right() -> None:
    assert found(LINKS) == []
    assert found([], Head()) == []


def test_a_chain_goes_on_where_it_ended() -> None:
    later = list(chain([an_entry(6)], HEAD))

    assert found([*LINKS, *later], Head(7, later[0].hash)) == []


def test_an_altered_entry_is_named() -> None:
    altered = [replace(x, entry=replace(x.entry, person="U0EVIL0001")) if x.seq == 3 else x for x in LINKS]

    assert found(altered) == [(3, "entry 3 (e2) was altered")]


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_removed_entry_is_missed(seq: int) -> None:
    assert found([link for link in LINKS if link.seq != seq])[0][0] == seq


def test_entries_that_changed_places_are_named() -> None:
    swapped = [LINKS[0], LINKS[2], LINKS[1], *LINKS[3:]]

    assert found(swapped)[0] == (2, "entry 2 is not in its place: entry 3 is there")


def test_an_entry_that_was_altered_with_its_hash_breaks_the_next_link() -> None:
    forged = next(iter(chain([replace(an_entry(2), person="U0EVIL0001")], Head(2, LINKS[1].hash))))

    assert found([*LINKS[:2], forged, *LINKS[3:]]) == [(4, "entry 4 does not follow on entry 3")]


def test_an_added_entry_is_seen() -> None:
    assert found([*LINKS, *chain([an_entry(9)], HEAD)]) == [
        (7, "the log ends at entry 7, but 6 were written")
    ]


def test_a_place_that_cannot_be_opened_is_named() -> None:
    verifier = Verifier()
    verifier.read(LINKS[0])
    verifier.unreadable()

    assert [problem.seq for problem in verifier.problems] == [2]


def compared(written: Written, links: list[Link], *noted: Head) -> list[str]:
    verifier = Verifier(written, noted)
    for link in links:
        verifier.read(link)
    verifier.end(Head(links[-1].seq, links[-1].hash) if links else Head())
    verifier.compare()
    return [problem.text for problem in verifier.problems]


ALL = Written(6, {f"e{number}": number + 1 for number in range(6)})


def test_everything_that_was_counted_is_there_or_waits() -> None:
    assert compared(ALL, LINKS) == []
    assert compared(replace(ALL, waiting=frozenset({"e4", "e5"})), LINKS[:4]) == []


def test_what_was_counted_and_is_nowhere_is_named_in_the_order_it_was_written() -> None:
    lost = "written, but neither in the log nor waiting for it: "

    assert compared(ALL, LINKS[:5]) == [f"{lost}entry e5"]
    assert compared(ALL, []) == [f"{lost}entries e0, e1, e2, e3, e4, e5"]
    many = Written(12, {f"e{number}": number + 1 for number in range(12)})
    assert compared(many, []) == [f"{lost}entries {', '.join(f'e{n}' for n in range(10))} and 2 more"]


def test_fewer_than_were_counted_are_missed_where_their_ids_are_forgotten() -> None:
    assert compared(Written(7, {"e5": 7}), LINKS) == ["7 entries were written, but 6 are there"]


def test_entries_of_before_the_count_are_no_gap() -> None:
    assert compared(Written(1, {"e5": 1}), LINKS) == []


def test_a_place_that_cannot_be_opened_is_not_taken_for_a_gap_as_well() -> None:
    verifier = Verifier(Written(1, {"e0": 1}))
    verifier.unreadable()
    verifier.compare()

    assert [problem.text for problem in verifier.problems] == [
        "entry 1 cannot be opened: altered, or its key is missing"
    ]


def test_a_noted_head_is_a_link_of_the_chain_or_is_named() -> None:
    at_3, other = Head(3, LINKS[2].hash), "f" * 64

    assert compared(ALL, LINKS, at_3, HEAD, at_3) == []
    assert compared(Written(), LINKS, Head(3, other)) == [
        f"entry 3 is not the one whose hash was noted: {other}"
    ]
    assert compared(Written(), LINKS[:4], at_3, HEAD) == [
        f"the log ends at entry 4, but 6 was noted: {HEAD.hash}"
    ]
    assert compared(Written(), [], Head(1, other)) == [f"the log ends at entry 0, but 1 was noted: {other}"]


@given(st.data())
def test_no_change_of_any_field_goes_unseen(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 5))
    change = data.draw(
        st.sampled_from(
            [
                {"id": "other"},
                {"at": NOON.replace(microsecond=1)},
                {"deed": Deed.EXPIRED},
                {"thread": "T/C/1"},
                {"approval": "00-b"},
                {"tool": "x"},
                {"person": ""},
                {"digest": "0"},
                {"details": {}},
                {"team": "T0OTHER001"},
            ]
        )
    )
    links = list(LINKS)
    links[at] = replace(links[at], entry=replace(links[at].entry, **change))

    assert [seq for seq, _ in found(links)] == [at + 1]
