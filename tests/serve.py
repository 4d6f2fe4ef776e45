"""`countersign serve` with one tool more: `give_money`, under the policy that is named.

python -m tests.serve [finance | quick | none]
"""

from __future__ import annotations

import asyncio
import signal
import sys

from bot import config, logs
from bot.app import real_sources, running
from bot.policy import Policy, ask
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


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else "finance"))
