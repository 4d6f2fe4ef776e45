"""What is promised to others: the names of `countersign`, and that nothing else is needed to write a team."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import countersign

ROOT = Path(__file__).parents[2]
#: Taking a name away, or changing what it means, takes a new major version.
PROMISED = {
    "outgoing",
    *("Team", "Specialist", "Tier", "TeamSettings", "Finding", "Level"),
    *("OutcomeUnknown", "Starved", "is_shortage"),
    *("ToolContext", "RunContext", "Attempt", "ApprovedTool", "approved_tool", "function_tool"),
    *("Policy", "Rule", "ask", "Requirement", "Severity", "Call"),
    *("Preview", "Fact"),
    *("Amount", "CalendarDay", "Currency", "Day", "Matching", "Money"),
    *("Condition", "ALWAYS", "over", "one_of", "asked_in", "asked_by", "number"),
    *("MEMBERS", "GUESTS", "STRANGERS", "Asker", "total", "count", "EarlierCall", "LookBack", "RestOfRun"),
}
EXAMPLES = [*(ROOT / "countersign/teams").rglob("*.py"), *(ROOT / "docs/examples").rglob("*.py")]


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_promised_names_are_there_and_no_others() -> None:
    assert set(countersign.__all__) == PROMISED
    assert all(hasattr(countersign, name) for name in PROMISED)


@pytest.mark.parametrize("name", sorted(PROMISED - {"ALWAYS", "ToolContext", "function_tool"}))
def test_every_public_name_says_what_it_is(name: str) -> None:
    doc = getattr(countersign, name).__doc__

    assert doc
    assert not doc.startswith(f"{name}("), "a dataclass' own signature explains nothing"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_teams_and_examples_need_nothing_of_the_bot(path: Path) -> None:
    assert [
        name for name in imported(path) if name.split(".")[0] in {"bot", "devkit", "tests", "agents"}
    ] == []
