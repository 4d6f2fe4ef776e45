"""`countersign serve` with one tool more, and perhaps with an end that is fixed.

python -m tests.serve [--policy finance | quick | none] [--dies POINT] [--ttl SECONDS]

The tool is `give_money`, under the policy that is named; the points are those of `tests.mortal`;
approvals wait for `ttl` seconds instead of hours.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from datetime import timedelta

from bot import config, logs
from bot.app import real_sources, running
from bot.policy import Policy, ask
from tests import mortal
from tests.tools import FINANCE, SECOND, give_money

POLICIES = {
    "finance": [give_money(FINANCE)],
    "quick": [give_money(Policy(ask("finance", expires_after=4 * SECOND)))],
    "none": [],
}


async def serve(policy: str) -> None:
    """Run until SIGTERM."""
    settings = config.load(None)
    logs.set_up(settings.log_level, settings.log_format)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(settings, real_sources(), POLICIES[policy]):
        await stop.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.serve")
    parser.add_argument("--policy", choices=POLICIES, default="finance")
    parser.add_argument("--dies", choices=mortal.POINTS)
    parser.add_argument("--ttl", type=float)
    given = parser.parse_args()
    if given.dies:
        mortal.arm(given.dies)
    if given.ttl:
        setattr(config.Settings, "approval_ttl", timedelta(seconds=given.ttl))  # noqa: B010 - a property
    asyncio.run(serve(given.policy))


if __name__ == "__main__":
    main()
