"""A short attack, the same one each time; `make chaos` is the long one, with a fresh seed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.chaos.run import Size, run

#: Who does what when is the same each time; how the machine schedules it is not.
SEED: Final = 26001


async def test_everything_holds_under_attack(tmp_path: Path) -> None:
    size = Size(conversations=16, faults=16, bots=2, strict_pace=False, all_deeds=False)
    report = await run(SEED, size, tmp_path)

    assert report.problems == [], report.table(0)
