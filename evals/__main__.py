"""`make evals`: the cases, tried with the models of your `.env` and everything else as in the demo; a table with what each cost.

`--stand-in` tries the demo's model instead, `--only TEXT` the cases whose name holds a text. Ends with 1 where something was
not as wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from bot.settings.loading import read
from devkit.demo_settings import given_models, has_model_key
from evals.stage import stage
from evals.trial import cases, tried, wrong
from tests.redis_server import RedisServer
from tests.world import world

#: Seconds for one answer of a real model with all its steps.
PATIENCE = 600


async def main(only: str, models: dict[str, str]) -> int:
    """Play the cases and print the table."""
    server = RedisServer()
    server.start()
    try:
        async with (
            world(server.url, strict_pace=False) as around,
            stage(around, patience=PATIENCE, **models) as played,
        ):
            has_sandbox = around.bridge is not None
            report = await tried(played, cases(only, with_sandbox=has_sandbox))
    finally:
        server.remove()
    report.print(include_reasons=True, metric_configs={"dollars": {"value_formatter": "{:.6f}"}})
    if not has_sandbox:
        print("Nothing can be isolated on this machine: the cases that take a sandbox were not played.")
    for line in (lines := wrong(report)):
        print(line)
    return 1 if lines else 0


def _models(*, stand_in: bool) -> dict[str, str]:
    """The settings of the models; ends the command where there is no key."""
    if stand_in:
        return {}
    settings, unread = read()
    if unread or not has_model_key(settings):
        sys.exit(
            "make evals needs a model key in .env (OPENAI_API_KEY, DEEPSEEK_API_KEY, or CHAT_API_KEY), "
            "and settings that can be read; --stand-in tries the demo's model."
        )
    return given_models(settings)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--stand-in", action="store_true")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    sys.exit(asyncio.run(main(given.only, _models(stand_in=given.stand_in))))
