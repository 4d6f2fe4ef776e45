"""A process is paused for longer than its lease, while a call of Slack is on its way."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.bots import Bots
from tests.world import OMAR, World


async def test_a_card_that_a_paused_worker_changes_too_late_is_put_right(world: World, bots: Bots) -> None:
    first = await bots.start(LEASE_SECONDS="3")
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    arrives = asyncio.Event()
    fault = world.slack.fault("chat.update", channel=card.channel, until=arrives)
    await world.approves(OMAR, card)
    await world.slack.until(lambda: not fault.times)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGSTOP)
    try:
        await bots.start(LEASE_SECONDS="3")
        await world.slack.until(lambda: "Done" in card.shown)
        arrives.set()
        await world.slack.until(lambda: "Done" not in card.shown)
    finally:
        os.kill(first.pid, signal.SIGCONT)
    await world.slack.until(lambda: "Done" in card.shown)

    assert world.billing.requests == 1
