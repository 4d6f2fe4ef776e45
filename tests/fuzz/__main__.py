"""`python -m tests.fuzz`: strange payloads, records and streams by a seed; exit 1 if any did harm."""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from random import Random

from tests.fuzz import payloads, records, streams
from tests.redis_server import RedisServer

Attack = Callable[[str, Random, int], Awaitable[list[str]]]
#: What there is, how many of it, and how many one bot gets before the next begins with an empty Slack.
ATTACKS: dict[str, tuple[Attack, int, int]] = {
    "payloads": (payloads.attack, 20_000, 500),
    "records": (records.attack, 5_000, 100),
    "streams": (streams.attack, 2_000, 100),
}


async def run(attack: Attack, seed: int, count: int, at_once: int) -> list[str]:
    """Do one kind of harm so many times, and say after each bot how it stands; returns what was wrong."""
    server, problems = RedisServer(), list[str]()
    server.start()
    try:
        for start in range(0, count, at_once):
            found = await attack(server.url, Random(f"{seed}/{start}"), min(at_once, count - start))
            problems += [f"{problem} (seed {seed}/{start})" for problem in found]
            largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            sys.stdout.write(f"  {start + at_once:,}: {len(problems)} problems, {largest} MiB at most\n")
            sys.stdout.flush()
    finally:
        server.remove()
    return problems


def main() -> None:
    """Read the arguments, do the harm, print a line for each kind of it and for each problem."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeat a run")
    for name, (_, count, _) in ATTACKS.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    given = vars(parser.parse_args())
    logging.getLogger().addHandler(logging.NullHandler())
    failed = False
    for name, (attack, _, at_once) in ATTACKS.items():
        began = time.monotonic()
        problems = asyncio.run(run(attack, given["seed"], given[name], at_once))
        took = time.monotonic() - began
        sys.stdout.write(
            f"seed {given['seed']}: {given[name]:,} {name}, {len(problems)} problems, {took:.0f} s\n"
        )
        sys.stdout.write("".join(f"  {problem}\n" for problem in dict.fromkeys(problems)))
        sys.stdout.flush()
        failed = failed or bool(problems)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
