"""The table of docs/reliability.md that the run of `make mutants` writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tests.mutants.protection import ROOT, Protection

PAGE: Final = ROOT / "docs/reliability.md"
BEGIN: Final = '<!-- Written by `make mutants ARGS="--write"`. -->'
END: Final = "<!-- The end of what is written. -->"


def drawn(findings: Sequence[tuple[Protection, str]]) -> str:
    """Draw what was found as Markdown."""
    rows = [
        "| what holds | protected by | seen to fail without it | verdict |",
        "|---|---|---|---|",
    ]
    for one, verdict in findings:
        tests = ", ".join(f"`{test.partition('::')[2]}`" for test in one.tests)
        told = f"{verdict}: {one.second_guard}" if one.second_guard else verdict
        rows.append(f"| {one.name} | `{one.file}`: {_code(one.source)} | {tests} | {told} |")
    return "\n".join(rows)


def write(findings: Sequence[tuple[Protection, str]]) -> None:
    """Put the table in its place."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{drawn(findings)}\n\n{END}{after}", encoding="utf-8")


def written() -> dict[str, str]:
    """What stands in the page: the verdict on each name."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    found = re.findall(r"^\| (.+?) \| `.* \| ([^|]+) \|$", text, re.MULTILINE)
    return dict(found)


def _code(source: str) -> str:
    """The source on one line, as code that a table can hold."""
    line = " ".join(source.split()).replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"
