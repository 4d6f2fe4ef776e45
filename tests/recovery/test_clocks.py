"""Replicas whose own clock is wrong, or jumps: Redis' clock decides, and Slack's orders messages.

The clocks are faked by libfaketime, in real processes: their time of day is wrong, their ticks are not.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.bots import Bots
from tests.faked_time import moved_by, off_by
from tests.scenarios.test_backfill import deaf_for
from tests.scenarios.test_retries_set_back import at_rest
from tests.world import ANA, MEI, OMAR, SUPPORT, World


async def resets_and_goes_on(world: World, thread: str) -> None:
    """Forget a thread by a command, which has no time of Slack's, and write in it at once."""
    await at_rest(world, thread)
    before = len(world.done(thread))
    link = f"{world.slack.url}/archives/{SUPPORT}/p{thread.replace('.', '')}"
    await world.slack.command(ANA, SUPPORT, "/reset", link)
    await world.slack.until(lambda: len(world.done(thread)) == before + 1)
    await world.slack.says(ANA, SUPPORT, "show me INV-1003", thread_ts=thread)
    await world.slack.until(lambda: len(world.done(thread)) == before + 2)


async def test_a_clock_that_is_wrong_and_jumps_while_the_bot_runs_does_no_harm(
    world: World, bots: Bots, tmp_path: Path
) -> None:
    shown = tmp_path / "clock"
    shown.write_text("+30s")
    await bots.start(**moved_by(shown))
    thread = await world.asks("show me INV-1003")
    await world.hears(thread, "Hazel & Co")
    await resets_and_goes_on(world, thread)
    shown.write_text("-30s")
    await resets_and_goes_on(world, thread)

    card = await world.card(await world.asks("refund $29 on INV-1003"))
    shown.write_text("+7200s")
    await world.rejects(MEI, card, "no")
    await world.recorded("decided")
    await world.slack.until(lambda: "*Rejected*" in card.shown)
    shown.write_text("-7200s")
    thread = await world.asks("refund $30 on INV-1005")
    await world.approves(OMAR, await world.card(thread))
    await world.hears(thread, "Done: I refunded")

    moments = [link.entry.at for link in await world.records()]
    assert max(moments) - min(moments) < timedelta(hours=1)
    assert world.refunds == [("INV-1005", "30.00")]


@pytest.mark.parametrize("off", ["+7200s", "-7200s"])
async def test_a_replica_two_hours_off_blinds_nobody_to_what_was_missed(
    world: World, bots: Bots, off: str
) -> None:
    wrong = await bots.start(**off_by(off))
    await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
    await wrong.stop()
    missed = await world.asks("show me INV-1004")
    await deaf_for(world, timedelta(minutes=10))
    await bots.start(**off_by(off))
    await world.hears(missed, "Juniper Labs")

    assert len([reply.shown for reply in world.replies(missed)]) == 1


@pytest.mark.parametrize("ahead", [-40, 40])
async def test_what_is_written_right_after_a_reset_is_answered_though_slacks_clock_is_not_redis(
    world: World, ahead: int
) -> None:
    world.slack.clock.advance(timedelta(seconds=ahead))
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        await resets_and_goes_on(world, thread)
