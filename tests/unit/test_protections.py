"""The list of protections that `make mutants` tries fits the source, the tests and the table."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutants.__main__ import FINE
from tests.mutants.protection import Protection, listed, stale
from tests.mutants.table import written

LISTED = listed()


@pytest.mark.parametrize("protection", LISTED, ids=lambda one: one.name)
def test_what_is_listed_stands_in_the_source_once_and_its_tests_exist(protection: Protection) -> None:
    why = stale(protection)

    assert not why, f"{why}: write in tests/mutants/{protection.topic}.toml what protects now"


def test_each_has_a_name_of_its_own_and_a_second_guard_is_one_of_them() -> None:
    names = Counter(one.name for one in LISTED)

    assert [name for name, times in names.items() if times > 1] == []
    assert {one.second_guard for one in LISTED} - set(names) <= {""}


def test_the_table_tells_of_every_one_and_that_none_is_missed_by_nobody() -> None:
    table = written()

    assert list(table) == [one.name for one in LISTED]
    assert [name for name, verdict in table.items() if not verdict.startswith(FINE)] == []
