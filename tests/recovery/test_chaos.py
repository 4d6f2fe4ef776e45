"""A short attack with a seed of its own each time; `make chaos` is the long one."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.chaos.run import Size, run


async def test_everything_holds_under_attack(tmp_path: Path) -> None:
    seed = secrets.randbelow(10**6)
    report = await run(seed, Size(conversations=22, faults=20, bots=2), tmp_path)

    assert report.problems == [], report.table(0)
