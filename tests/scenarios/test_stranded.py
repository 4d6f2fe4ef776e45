"""Approvals whose run is gone: none comes to look approved, and none that does is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.conversation.stranded import PATIENCE, find_stranded
from bot.domain import sentences
from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from bot.wiring.app import real_sources
from devkit.slack.workspace import TEAM
from tests.world import OMAR, SUPPORT, World


async def lose(world: World, thread: str, *parts: str) -> None:
    """Let Redis have lost some of what it held of a thread."""
    keys, ref = world.keys, ThreadRef(TEAM, SUPPORT, thread)
    async with client.connect(world.redis_url) as redis:
        assert await redis.delete(*(getattr(Keys, part)(keys, ref) for part in parts)) == len(parts)


@pytest.mark.parametrize("parts", [["state"], ["run"], ["state", "run", "session"]])
async def test_a_click_whose_run_is_gone_approves_nothing_and_the_card_says_so(
    world: World, parts: list[str]
) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
    await lose(world, thread, *parts)  # not before the bot has written its last word
    async with world.bot():
        await world.approves(OMAR, card)
        await world.slack.until(lambda: "*Withdrawn*" in card.shown or "*Approved*" in card.shown)
        assert "The request that it was for is gone" in card.shown
        await world.told(OMAR, "withdrawn")

    assert world.refunds == []
    assert "decided" not in await world.deeds()


@pytest.mark.parametrize("parts", [["state"], ["run"]])
async def test_what_was_approved_and_lost_its_run_is_found_and_told(world: World, parts: list[str]) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
    async with client.connect(world.redis_url) as redis:
        threads = ThreadStore(redis, world.keys, Sealer([world.key]))
        await approve(world, threads, redis)
        await lose(world, thread, *parts)
        settings = world.settings()
        inbox = Inbox(
            redis, world.keys, Sealer([world.key]), dedupe_ttl=settings.dedupe_ttl, lease=settings.lease
        )
        now = real_sources().now()
        assert await find_stranded(threads, inbox, now) == 0  # it may be on its way
        assert await find_stranded(threads, inbox, now + PATIENCE + timedelta(seconds=2)) == 1
        async with world.bot():
            await world.hears(thread, "Something was approved here that I never got to do")
            await world.slack.until(lambda: sentences.RUN_GONE in card.shown)
        assert await threads.approved_before(now + timedelta(days=1)) == []

    assert world.refunds == []
    assert (await world.deeds()).count("executed") == 1  # on record as not run


async def test_what_is_approved_and_still_has_its_run_is_left_alone(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
    async with client.connect(world.redis_url) as redis:
        threads = ThreadStore(redis, world.keys, Sealer([world.key]))
        await approve(world, threads, redis)
        settings = world.settings()
        inbox = Inbox(
            redis, world.keys, Sealer([world.key]), dedupe_ttl=settings.dedupe_ttl, lease=settings.lease
        )
        assert await find_stranded(threads, inbox, real_sources().now() + 2 * PATIENCE) == 1
        async with world.bot():
            other = await world.asks("show me INV-1003")
            await world.hears(other, "Hazel & Co")
            assert await threads.approved_in(ThreadRef(TEAM, SUPPORT, thread))
    assert sentences.RUN_GONE not in card.shown


async def approve(world: World, threads: ThreadStore, redis: Redis) -> None:
    """Let a decision be on record, and whoever made it have died behind it."""
    (waiting,) = await threads.pending(TEAM)
    approved = replace(waiting, status=ApprovalStatus.APPROVED, closed_at=real_sources().now())
    for command in Writes().approval(approved).commands(world.keys, Sealer([world.key]), waiting.thread):
        await redis.execute_command(command.name, command.key, *command.arguments)
