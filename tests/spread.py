"""In which order tests are, so that the long ones are all begun first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Test = TypeVar("Test")


def spread(tests: Sequence[Test], parts: int, is_long: Callable[[Test], bool]) -> list[Test]:
    """All of them, so that each of so many equal parts of the list begins with a share of the long ones."""
    long = [test for test in tests if is_long(test)]
    others = [test for test in tests if not is_long(test)]
    made: list[Test] = []
    for part in range(parts):
        size = (len(tests) - len(made)) // (parts - part)
        share = long[part::parts]
        rest = max(0, size - len(share))
        made += [*share, *others[:rest]]
        others = others[rest:]
    return made
