"""One row of the table: what was measured in each repetition, what it may be, and whether it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, one value a repetition; lower is better. `most` None: it is told, and judged by another row.

    `beside` says in words what stands behind it, such as the two sides of a ratio. `judged` are values in a unit that are
    judged instead: a ratio says what runs have in common, and its own side what a person waits for.
    """

    name: str
    values: Sequence[float]
    most: float | None = None
    unit: str = ""
    beside: str = ""
    judged: tuple[Sequence[float], str] = ((), "")

    @property
    def value(self) -> float:
        """The one that is judged: the median."""
        return statistics.median(self.values)

    @property
    def is_missed(self) -> bool:
        """Whether it is more than it may be."""
        return self.most is not None and statistics.median(self.judged[0] or self.values) > self.most

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """Its columns: name, median, spread, target and verdict, what stands behind it."""
        spread = f"{_number(min(self.values))} to {_number(max(self.values))}"
        most = "" if self.most is None else f"≤ {_number(self.most)} {self.judged[1]}".rstrip()
        verdict = "" if self.most is None else ("MISSED" if self.is_missed else "met")
        unit = f" {self.unit}" if self.unit else ""
        return self.name, _number(self.value) + unit, spread, f"{most} {verdict}".strip(), self.beside


#: What two sides took in slices of one repetition, one right after the other.
Slices = Sequence[tuple[float, float]]


def ratio_of_slices(name: str, repetitions: Sequence[Slices], **more: Any) -> Row:
    """A row of ratios, each the median of those of a repetition's slices; beside it the medians of both sides.

    A machine that changes its pace for some seconds then spoils a slice, and not a repetition.
    """
    medians = [statistics.median(ours / other for ours, other in slices) for slices in repetitions]
    ours, anchor = zip(*(pair for slices in repetitions for pair in slices), strict=True)
    return replace(ratio(name, ours, anchor, **more), values=medians)


def ratio(
    name: str,
    ours: Sequence[float],
    anchor: Sequence[float],
    *,
    most: float | None = None,
    unit: str = "",
    named: str = "",
) -> Row:
    """A row of ratios, each of one repetition; beside it the medians of both sides."""
    values = [mine / other for mine, other in zip(ours, anchor, strict=True)]
    sides = f"{_number(statistics.median(ours))} : {_number(statistics.median(anchor))} {unit}"
    return Row(name, values, most, beside=f"{sides} ({named})" if named else sides)


def table(rows: Sequence[Row]) -> str:
    """All rows, as Markdown that is also to be read as it stands."""
    head = ("figure", "median", "spread", "target", "behind it")
    cells = [head, *(row.cells for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(head), rule, *map(line, cells[1:])])


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 20 else f"{value:.2f}"
