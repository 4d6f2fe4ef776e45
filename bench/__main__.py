"""`make bench`: one table of what the product costs, as ratios against what it is made of, taken side by side.

What is compared runs in turns in one run, as processes of their own on the same machine, so that one that speeds up or
slows down does so for both; where it can be, what is compared is processor time. Exits with 1 where a target is missed.

`--only WORD` measures the parts whose name holds the word; `--repetitions` says how often each is done.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bench import asked, clicks, doors, sizes, starts, turns
from bench.figures import Row, table
from tests.redis_server import RedisServer

Measure = Callable[[RedisServer, int], Awaitable[Sequence[Row]]]

PARTS: Final[dict[str, Measure]] = {
    "doors": doors.measure,
    "turns": turns.against_the_sdk,
    "clicks": clicks.measure,
    "sizes": sizes.measure,
    "redis": asked.measure,
    "processes": turns.one_and_two,
    "starts": starts.measure,
}
MISSED: Final = "A target is missed. docs/performance.md says which of them are known, and whose the rest is."


async def measured(name: str, measure: Measure, repetitions: int) -> Sequence[Row]:
    """The rows of one part, on a Redis of its own."""
    server, began = RedisServer(), time.perf_counter()
    server.start()
    try:
        rows = await measure(server, repetitions)
    finally:
        server.remove()
    print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


async def main() -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--only", default="")
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    rows: list[Row] = []
    for name, measure in PARTS.items():
        if given.only in name:
            rows += await measured(name, measure, given.repetitions)
    print(table(rows))
    if missed := any(row.is_missed for row in rows):
        print(f"\n{MISSED}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
