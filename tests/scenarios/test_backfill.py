"""What Slack gave up delivering is found and answered, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.connection import backfill, watchdog
from bot.store import client
from bot.store.hearing import Hearing
from devkit.slack import sockets
from tests.world import ANA, BOT_USER, SUPPORT, THEO, World


async def deaf_for(world: World, time: timedelta, *, unheard_only: bool = False) -> None:
    """Let the bot have heard nothing for so long, and Slack give up on what it has not acked, or what deaf sockets got."""
    async with client.connect(world.redis_url) as redis:
        hearing = Hearing(redis, world.keys)
        await redis.delete(world.keys.hearers())
        await hearing.mark(await hearing.now() - time)
    world.slack.gives_up(unheard_only=unheard_only)  # by now it has tried to deliver, to nobody


async def test_mentions_follow_ups_and_direct_messages_of_a_gap_are_answered_once(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
    direct = world.slack.workspace.direct(ANA).id
    missed = await world.asks("show me INV-1004")
    private = await world.slack.says(ANA, direct, "show me INV-1005")
    await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
    elsewhere = await world.slack.says(THEO, SUPPORT, "what do you all think?")
    await world.slack.says(THEO, SUPPORT, "anybody?", thread_ts=elsewhere)
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> show me INV-1006", thread_ts=elsewhere)
    await world.slack.says(THEO, SUPPORT, "nobody asked the bot here")
    await deaf_for(world, timedelta(minutes=10))
    async with world.bot():
        await world.hears(missed, "Juniper Labs")
        await world.hears(private, "Rowan Freight", channel=direct)
        await world.hears(thread, "dated **2026-10-02**.")
        await world.hears(elsewhere, "Linden Bau")
    await deaf_for(world, timedelta(minutes=10))  # what was found once is known by now
    async with world.bot():
        await world.hears(await world.asks("show me INV-1001"), "Northwind Tea")

    assert [len(world.replies(t)) for t in (thread, missed, elsewhere)] == [2, 1, 1]
    assert len(world.replies(private, direct)) == 1


async def test_a_channel_that_cannot_be_read_keeps_no_other_from_being_read(world: World) -> None:
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
    missed = await world.asks("show me INV-1004")
    await deaf_for(world, timedelta(minutes=10))
    world.slack.fault("conversations.history", error="channel_not_found", channel="C0GENERAL1")
    async with world.bot():
        await world.hears(missed, "Juniper Labs")


async def test_a_gap_that_slack_would_not_let_be_filled_is_filled_later(world: World) -> None:
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
    missed = await world.asks("show me INV-1004")
    await deaf_for(world, timedelta(minutes=10))
    world.slack.fault("users.conversations", status=500, times=3)
    async with world.bot():
        await world.hears(missed, "Juniper Labs")


async def test_what_is_older_than_a_day_is_left_alone(world: World) -> None:
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
    old = await world.asks("show me INV-1004")
    message = world.slack.workspace.messages[SUPPORT].pop(old)
    message.ts = f"{float(old) - 30 * 3600:.6f}"
    world.slack.workspace.messages[SUPPORT][message.ts] = message
    await deaf_for(world, timedelta(hours=40))
    async with world.bot():
        missed = await world.asks("show me INV-1005")
        await world.hears(missed, "Rowan Freight")

    assert world.replies(message.ts) == []


def aged(world: World, ts: str, by: timedelta) -> str:
    """Let a message have been written so much earlier; returns its new ts."""
    message = world.slack.workspace.messages[SUPPORT].pop(ts)
    message.ts = f"{float(ts) - by.total_seconds():.6f}"
    world.slack.workspace.messages[SUPPORT][message.ts] = message
    return message.ts


async def test_a_thread_where_something_waits_is_looked_at_however_old_it_is(world: World) -> None:
    thread = aged(world, await world.slack.says(ANA, SUPPORT, "look at INV-1003"), timedelta(days=3))
    async with world.bot():
        await world.asks("refund $29 on INV-1003", thread=thread)
        await world.card(thread)
    await world.slack.says(ANA, SUPPORT, "and hurry, please", thread_ts=thread)
    await deaf_for(world, timedelta(minutes=10))
    async with world.bot():
        await world.hears(thread, "Noted. I am waiting for finance")


async def test_what_was_heard_before_the_gap_and_edited_since_is_not_answered(world: World) -> None:
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
        said = await world.slack.says(THEO, SUPPORT, "nobody asked the bot here")
    written = [await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> show me INV-1004"), said]
    missed, heard = (aged(world, ts, timedelta(seconds=by)) for ts, by in zip(written, (30, 90), strict=True))
    for ts in (missed, heard):
        message = world.slack.workspace.messages[SUPPORT][ts]
        message.text, message.is_edited = f"<@{BOT_USER}> show me INV-1005", True
    await deaf_for(world, timedelta(seconds=60))
    async with world.bot():
        await world.hears(missed, "Rowan Freight")
        await world.hears(await world.asks("show me INV-1001"), "Northwind Tea")

    assert world.replies(heard) == []


async def test_what_a_deaf_socket_did_not_hear_is_looked_up_when_it_is_renewed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((backfill, "BEAT"), (watchdog, "BEAT"), (sockets, "ACK")):
        monkeypatch.setattr(module, name, 0.1)
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
        await world.slack.until(lambda: world.slack.sockets == 2)
        world.slack.deafen()
        missed = await world.asks("show me INV-1004")
        await world.slack.until(lambda: len(world.slack.deliveries[-1].history) == 2)
        world.slack.gives_up()
        monkeypatch.setattr(watchdog, "QUIET", 0.1)
        await world.hears(missed, "Juniper Labs")

    assert len(world.replies(missed)) == 1
