"""`python -m tests.fuzz`: damaged payloads, by a seed; exit 1 if the bot minded any."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import time
from random import Random

from tests.fuzz import payloads, records
from tests.redis_server import RedisServer

#: Payloads that one bot gets before the next begins with an empty Slack.
ROUND = 500


async def run(seed: int, count: int, recs: int) -> list[str]:
    server, problems = RedisServer(), list[str]()
    server.start()
    try:
        for start in range(0, count, ROUND):
            found = await payloads.attack(server.url, Random(f"{seed}/{start}"), min(ROUND, count - start))
            problems += found
            sys.stdout.write(f"{start + ROUND} {len(problems)} {found[:3]}\n")
            sys.stdout.flush()
        for start in range(0, recs, 100):
            found = await records.attack(server.url, Random(f"{seed}/{start}"), min(100, recs - start))
            problems += found
            sys.stdout.write(f"{start + 100} {len(problems)} {found[:3]}\n"); sys.stdout.flush()
    finally:
        server.remove()
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--payloads", type=int, default=20_000)
    parser.add_argument("--records", type=int, default=0)
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    began = time.monotonic()
    problems = asyncio.run(run(given.seed, given.payloads, given.records))
    sys.stdout.write(
        f"seed {given.seed}: {given.payloads} payloads, {len(problems)} problems, {time.monotonic() - began:.0f} s\n"
    )
    for p in dict.fromkeys(problems):
        print(p)


if __name__ == "__main__":
    main()
