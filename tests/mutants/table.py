"""The table of docs/reliability.md that the run of `make mutants` writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tests.mutants.protection import ROOT, Protection, listed

PAGE: Final = ROOT / "docs/reliability.md"
BEGIN: Final = '<!-- Written by `make mutants ARGS="--write"`. -->'
END: Final = "<!-- The end of what is written. -->"
HEAD: Final = "| what holds | protected by | seen to fail without it | verdict |\n|---|---|---|---|"
_ROW: Final = re.compile(r"^\| (?P<name>[^|]+?) \| .* \| (?P<verdict>[^|]+) \|$", re.MULTILINE)


def write(findings: Sequence[tuple[Protection, str]]) -> None:
    """Put what was found into the table; rows of what was not tried this time stay."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    rows = {row["name"]: row[0] for row in _ROW.finditer(old)}
    rows |= {one.name: _row(one, verdict) for one, verdict in findings}
    kept = "\n".join(rows[one.name] for one in listed() if one.name in rows)
    PAGE.write_text(f"{before}{BEGIN}\n\n{HEAD}\n{kept}\n\n{END}{after}", encoding="utf-8")


def written() -> dict[str, str]:
    """The verdict that stands in the page, by name."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    return {row["name"]: row["verdict"] for row in _ROW.finditer(text) if row["name"] != "what holds"}


def _row(one: Protection, verdict: str) -> str:
    tests = ", ".join(f"`{test.partition('::')[2]}`" for test in one.tests)
    told = f"{verdict}: {one.second_guard}" if one.second_guard else verdict
    return f"| {one.name} | `{one.file}`: {_code(one.source)} | {tests} | {told} |"


def _code(source: str) -> str:
    """The source on one line, as code that a table can hold."""
    line = " ".join(source.split()).replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"
