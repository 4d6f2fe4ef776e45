"""Every test is run once, and each worker begins with long ones."""

from __future__ import annotations

import pytest

from tests.spread import spread


def is_long(test: int) -> bool:
    return test % 9 == 0


@pytest.mark.parametrize("parts", [1, 2, 5, 7])
@pytest.mark.parametrize("count", [0, 1, 6, 100, 101, 104])
def test_all_are_there_once(count: int, parts: int) -> None:
    assert sorted(spread(range(count), parts, is_long)) == [*range(count)]


@pytest.mark.parametrize("parts", [1, 2, 5])
@pytest.mark.parametrize("count", [100, 101, 104])
def test_each_part_begins_with_its_share_of_the_long_ones(count: int, parts: int) -> None:
    left = spread(range(count), parts, is_long)
    shares: list[int] = []
    for part in range(parts):
        size = len(left) // (parts - part)  # as xdist divides them
        mine, left = left[:size], left[size:]
        shares.append(sum(map(is_long, mine)))
        assert all(map(is_long, mine[: shares[-1]]))

    assert max(shares) - min(shares) <= 1
