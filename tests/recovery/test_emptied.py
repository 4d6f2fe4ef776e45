"""Redis is emptied under a bot that serves: nobody takes that for a first start."""

from __future__ import annotations

import pytest

from bot.connection import backfill
from bot.store import client
from tests.world import World


async def test_a_redis_that_is_emptied_while_the_bot_serves_is_no_first_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)
    async with world.bot():
        card = await world.card(await world.asks("refund $29 on INV-1005"))
        world.slack.deafen()
        missed = await world.asks("show me INV-1003")
        world.slack.gives_up()
        async with client.connect(world.redis_url) as redis:
            await redis.delete(*[key async for key in redis.scan_iter(match=f"{world.prefix}:*")])
        await world.hears(missed, "Hazel & Co")
        await world.slack.until(lambda: "*Approval needed" not in card.shown and not card.buttons)

    assert world.refunds == []
