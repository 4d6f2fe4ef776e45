"""A Redis that is full, read-only or slow for a while: nothing is acked that is not kept, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis

from bot.connection import backfill
from tests.redis_server import RedisServer
from tests.world import ANA, OMAR, SUPPORT, World


@pytest.fixture
async def admin(server: RedisServer) -> AsyncGenerator[Redis]:
    """A client that only makes trouble."""
    redis = Redis.from_url(server.url)
    yield redis
    await redis.aclose()


TROUBLE = {
    "full": ((("CONFIG", "SET", "maxmemory", "1"),), (("CONFIG", "SET", "maxmemory", "0"),)),
    "read-only": ((("REPLICAOF", "127.0.0.1", "1"),), (("REPLICAOF", "NO", "ONE"),)),
    "without its replica": (
        (("CONFIG", "SET", "min-replicas-to-write", "1"),),
        (("CONFIG", "SET", "min-replicas-to-write", "0"),),
    ),
    "slow": ((("CLIENT", "PAUSE", "8000", "WRITE"),), ()),
}


@pytest.mark.parametrize(("begins", "ends"), TROUBLE.values(), ids=TROUBLE)
async def test_a_message_in_the_meantime_is_not_acked_and_is_answered_once_afterwards(
    around: World, admin: Redis, begins: tuple[tuple[str, ...], ...], ends: tuple[tuple[str, ...], ...]
) -> None:
    async with around.bot():
        for command in begins:
            await admin.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
        thread = await around.asks("show me INV-1003")
        await around.slack.until(lambda: all(len(one.history) > 1 for one in around.slack.deliveries))
        assert not any(one.is_acked for one in around.slack.deliveries)
        for command in ends:
            await admin.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
        around.slack.clock.advance(61)
        await around.slack.until(
            lambda: all(one.is_acked or len(one.history) > 2 for one in around.slack.deliveries)
        )
        around.slack.clock.advance(301)
        await around.hears(thread, "Hazel & Co")

    assert len(around.replies(thread)) == 1


async def test_a_follow_up_that_gets_in_before_its_mention_brings_it_along(
    around: World, admin: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)
    async with around.bot():
        await admin.config_set("maxmemory", "1")
        thread = await around.asks("show me INV-1003")
        await around.slack.until(lambda: all(len(one.history) > 1 for one in around.slack.deliveries))
        await admin.config_set("maxmemory", "0")
        await around.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await around.hears(thread, "Hazel & Co")  # long before Slack tries the mention again
        await around.slack.until(lambda: len(around.done(thread)) == 2)

    assert len(around.replies(thread)) == 2


@pytest.mark.parametrize(("begins", "ends"), TROUBLE.values(), ids=TROUBLE)
async def test_a_run_that_is_under_way_goes_on_afterwards_and_pays_once(
    around: World, admin: Redis, begins: tuple[tuple[str, ...], ...], ends: tuple[tuple[str, ...], ...]
) -> None:
    async with around.bot():
        thread = await around.asks("refund $29 on INV-1003")
        card = await around.card(thread)
        around.model.delay = 0.3
        await around.approves(OMAR, card)
        await around.billing.when_refunded()
        for command in begins:
            await admin.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
        await around.slack.until(lambda: len(around.model.asked()) >= 3)
        for command in ends:
            await admin.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
        around.model.delay = 0
        await around.slack.until(
            lambda: any(words in m.shown for m in around.done(thread) for words in ENDS), timeout=40
        )

    assert around.refunds == [("INV-1003", "29.00")]
    assert around.billing.requests == 1


#: It was paid; or the note of it could not be written any more, and people are asked.
ENDS = ("Done: I refunded", "I do not know whether it happened")
