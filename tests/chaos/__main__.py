"""`python -m tests.chaos`: attack the bot, print what was done and found; exit 1 if anything broke."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import Size, run


def main() -> None:
    """Read the arguments, run once for each seed, print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat a run; a fresh one otherwise")
    parser.add_argument("--runs", type=int, default=1, help="how many seeds in a row")
    parser.add_argument("--conversations", type=int, default=132)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--bots", type=int, default=3)
    parser.add_argument(
        "--strict-pace", action="store_true", help="limit calls as Slack does: give it fewer conversations"
    )
    given = parser.parse_args()
    first = given.seed if given.seed is not None else secrets.randbelow(10**6)
    size = Size(given.conversations, given.faults, given.bots, strict_pace=given.strict_pace)
    failed = False
    for seed in range(first, first + given.runs):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cs-chaos-") as logs:
            report = asyncio.run(run(seed, size, Path(logs)))
        sys.stdout.write(f"{report.table(time.monotonic() - began)}\n")
        sys.stdout.flush()
        failed = failed or bool(report.problems)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
