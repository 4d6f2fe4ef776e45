"""`python -m tests.chaos`: attack the bot, print what was done and found; exit 1 if anything broke."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
import time
from dataclasses import replace
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
    parser.add_argument("--revoked", type=float, default=20.0, help="seconds for which a token is revoked")
    parser.add_argument(
        "--logs", type=Path, help="where to leave the logs of the bots and what was found, by seed"
    )
    given = parser.parse_args()
    first = given.seed if given.seed is not None else secrets.randbelow(10**6)
    size = Size(given.conversations, given.faults, given.bots, given.strict_pace, given.revoked)
    # With an odd seed Redis is the demo's, whose clock can be moved, and else the one that is installed.
    failed = False
    for seed in range(first, first + given.runs):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cs-chaos-") as logs:
            report = asyncio.run(
                run(
                    seed,
                    replace(size, redis_clock=seed % 2 == 1),
                    _logged_in(given.logs / str(seed) if given.logs else Path(logs)),
                )
            )
        sys.stdout.write(f"{report.table(time.monotonic() - began)}\n")
        sys.stdout.flush()
        failed = failed or bool(report.problems)
    sys.exit(1 if failed else 0)


def _logged_in(logs: Path) -> Path:
    """Let what is done be written beside the logs of the bots, at the times of the same clock."""
    logs.mkdir(parents=True, exist_ok=True)
    form = "%(asctime)s.%(msecs)03d %(message)s"
    logging.basicConfig(filename=logs / "deeds.log", format=form, datefmt="%FT%T", force=True)
    return logs


if __name__ == "__main__":
    main()
