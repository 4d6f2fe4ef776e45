"""`countersign serve` with one tool more, and perhaps with an end that is fixed.

python -m tests.serve [--policy finance | quick | none] [--dies POINT] [--ttl SECONDS] [--reads-fast]

TEAM names another team than the support team, which is then served as it is. The tool is `give_money`, under the
policy that is named; the points are those of `tests.mortal`; approvals wait for `ttl` seconds instead of hours.
With `--reads-fast` Slack's history is read at no pace, for a Slack that counts no calls.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from datetime import timedelta

from bot.operations.imports import uncollected

with uncollected():  # as `countersign serve` does
    from bot.domain.approvals.policy import Policy, ask
    from bot.settings import loading
    from bot.settings.config import Settings
    from bot.slack import history_budget
    from bot.telemetry import logs
    from bot.wiring.app import real_sources, running
    from bot.wiring.team import load_team
    from tests import mortal
    from tests.tools import FINANCE, SECOND, give_money
    from tests.world import with_tools

POLICIES = {
    "finance": [give_money(FINANCE)],
    "quick": [give_money(Policy(ask("finance", expires_after=4 * SECOND)))],
    "none": [],
}


async def serve(policy: str) -> None:
    """Run until SIGTERM."""
    settings = loading.load(None)
    logs.set_up(settings.log_level, settings.log_format)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    team = load_team(settings)
    if settings.team == "support":
        team = with_tools(team, POLICIES[policy])
    async with running(settings, real_sources(), team):
        await stop.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.serve")
    parser.add_argument("--policy", choices=POLICIES, default="finance")
    parser.add_argument("--dies", choices=mortal.POINTS)
    parser.add_argument("--ttl", type=float)
    parser.add_argument("--reads-fast", action="store_true")
    given = parser.parse_args()
    if given.dies:
        mortal.arm(given.dies)
    if given.ttl:
        setattr(Settings, "approval_ttl", timedelta(seconds=given.ttl))  # noqa: B010 - a property
    if given.reads_fast:
        setattr(history_budget, "PER_MINUTE", 60_000)  # noqa: B010 - a constant
    asyncio.run(serve(given.policy))


if __name__ == "__main__":
    main()
