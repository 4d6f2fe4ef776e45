"""When the bot speaks in its threads: not between people, and it knows afterwards what they said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from bot.store import client
from devkit.model.script import HttpError
from tests.scenarios.test_backfill import deaf_for
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, THEO, World


async def test_people_talk_in_its_thread_and_it_knows_what_they_said_when_it_is_asked(world: World) -> None:
    world.model.script_addressee(HttpError(500), HttpError(500), HttpError(500))
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        await world.slack.says(MEI, SUPPORT, "hm, that one was doubled I think", thread_ts=thread)
        await world.told(MEI, "I could not tell whether that was for me")  # the check did not work
        asked = len(world.model.requests)
        await world.slack.says(ANA, SUPPORT, "thanks Mei, have a nice weekend!", thread_ts=thread)
        await world.slack.says(MEI, SUPPORT, f"<@{THEO}> can you look as well?", thread_ts=thread)
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)  # it comes back
        await world.hears(thread, "dated **2026-10-02**.")
        assert len(world.model.asked_whom()) >= 2
        await world.asks("refund $29 on INV-1003", thread=thread)
        card = await world.card(thread)
        await world.slack.says(THEO, SUPPORT, "no idea", thread_ts=thread)
        await world.slack.says(OMAR, SUPPORT, "ok approve", thread_ts=thread)
        await world.told(OMAR, "Words decide nothing here")
        await world.approves(MEI, card)  # her words went into it
        await world.told(MEI, "had a hand in it")
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded")
    async with client.connect(world.redis_url) as redis:
        days = [await cast("Any", redis.hgetall(key)) async for key in redis.scan_iter("*/home/*:used:*")]
    assert [name for day in days for name, used in day.items() if b":check" in name and int(used) > 0]

    said = [str(one.body) for one in world.model.requests[asked:] if not one.is_addressee]
    assert "> Mei Lin: hm, that one was doubled I think" in said[0]
    assert [len(world.replies(thread)), len(world.slack.ephemerals(MEI))] == [5, 2]
    assert not [body for body in said if body.count("that one was doubled") > 1]


async def test_what_people_said_to_each_other_is_not_answered_when_redis_has_forgotten_all(
    world: World,
) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        await world.slack.says(MEI, SUPPORT, "thanks Ana, looks right", thread_ts=thread)
        await world.slack.says(ANA, SUPPORT, "what do we tell them?", thread_ts=thread)
        await world.slack.says(MEI, SUPPORT, "I will write to them", thread_ts=thread)
        await world.hears(await world.asks("show me INV-1004"), "Juniper Labs")
    async with client.connect(world.redis_url) as redis:
        await redis.flushdb()
    await deaf_for(world, timedelta(minutes=10))
    async with world.bot():
        await world.hears(await world.asks("show me INV-1001"), "Northwind Tea")
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> show me INV-1005", thread_ts=thread)
        await world.hears(thread, "Rowan Freight")

    assert len(world.replies(thread)) == 2
    assert "> Mei Lin: I will write to them" in str(world.model.asked()[-1].body)


async def test_what_was_kept_silent_about_is_answered_once_it_mentions_the_bot(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        aside = await world.slack.says(MEI, SUPPORT, "thanks Ana, and INV-1005?", thread_ts=thread)
        await world.hears(await world.asks("show me INV-1004"), "Juniper Labs")
        assert len(world.replies(thread)) == 1
        for words in ("show me INV-1005", "just show me INV-1005"):
            world.slack.edits(MEI, SUPPORT, aside, words)
            world.slack.edits(MEI, SUPPORT, aside, f"<@{BOT_USER}> {words}")
        await world.hears(thread, "Rowan Freight")
        await world.hears(await world.asks("show me INV-1001"), "Northwind Tea")

    assert len(world.replies(thread)) == 2
