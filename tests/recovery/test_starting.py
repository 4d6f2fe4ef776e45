"""A replica that is told to stop before it serves."""

from __future__ import annotations

from tests.bots import Bots
from tests.world import World


async def test_a_replica_that_waits_for_a_busy_slack_to_start_stops_when_it_is_told(
    world: World, bots: Bots
) -> None:
    world.slack.fault("auth.test", status=429, retry_after=600)
    bot = await bots.begin()
    await bots.says(bot, "slack is busy, waiting to start")
    await bot.stop()

    assert await bot.wait() == 0
