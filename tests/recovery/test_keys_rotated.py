"""STATE_KEYS while they are rotated: what one replica cannot open is left for another, and goes on there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.events import MessageReceived
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.roster import Roster
from bot.store.sealer import Sealer, key_names
from devkit.slack.server import PATIENCE
from devkit.slack.workspace import TEAM
from tests.bots import Bots
from tests.scenarios.test_command import countersign
from tests.world import ANA, OMAR, SUPPORT, World

NEW = Fernet.generate_key().decode()


async def test_keys_are_rotated_as_documented_while_a_run_waits_and_it_goes_on(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    said = await bots.refused(STATE_KEYS=f"{NEW},{world.key}")
    assert "CannotStart: STATE_KEYS would seal with a key that 1 of the replicas" in said

    for keys in (f"{world.key},{NEW}", f"{NEW},{world.key}"):
        following = await bots.start(STATE_KEYS=keys)
        await first.stop()
        first = following
    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_thread_whose_key_is_gone_is_left_as_it_is_until_the_key_is_back(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await world.recorded(
        "requested"
    )  # else the message that asked would itself be left, and nobody told of it
    await first.stop()
    second = await bots.start(STATE_KEYS=f"{NEW},{world.key}")
    other = await world.asks("show me INV-1003")
    await world.hears(other, "Hazel & Co")
    await second.stop()

    # The old key goes too early: what only it opens is left, everything else is answered.
    third = await bots.start(STATE_KEYS=NEW)
    before = len(world.replies(thread))
    await world.slack.says(ANA, SUPPORT, "how is it going?", thread_ts=thread)
    await world.told(ANA, "a key is missing here")
    await bots.says(third, "left for want of a key")
    await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=other)
    await world.hears(other, "dated **2026-10-02**.")
    assert len(world.replies(thread)) == before
    assert world.cards(thread) == [card]

    await bots.start(STATE_KEYS=f"{NEW},{world.key}")  # and it is brought back
    await world.hears(thread, "Noted. I am waiting for finance")
    while not await world.approves(OMAR, card):
        pass  # a click that the replica without the key hears: Slack tells the person that it did not work
    await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]


async def nothing_waits(world: World, thread: str) -> None:
    """Wait until every event of a thread has been handled."""
    await world.recorded("requested")
    async with client.connect(world.redis_url) as redis, asyncio.timeout(PATIENCE):
        while await redis.zcard(world.keys.inbox(ThreadRef(TEAM, SUPPORT, thread))):
            await world.moment()


@asynccontextmanager
async def sealed_elsewhere(world: World, thread: str, read: Callable[..., str]) -> AsyncGenerator[None]:
    """Let a replica with another key have sealed a part of a thread, until the block ends."""
    key = read(world.keys, ThreadRef(TEAM, SUPPORT, thread))
    async with client.connect(world.redis_url) as redis:
        before: Any = await redis.dump(key)
        other = Sealer([NEW]).seal("run", "", "")
        await redis.set(key, other)
        yield
        await redis.restore(key, 0, before, replace=True)


@pytest.mark.parametrize("read", [Keys.run, Keys.state], ids=["run", "state"])
async def test_a_part_whose_key_is_missing_leaves_the_whole_thread_alone(
    world: World, read: Callable[..., str]
) -> None:
    async with world.bot(STATE_KEYS=f"{world.key},{NEW}"):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
    await knows_the_key(world)
    async with sealed_elsewhere(world, thread, read), world.bot():
        await world.approves(OMAR, card)
        await world.told(OMAR, "a key is missing here")
    assert "*Withdrawn*" not in card.shown
    async with world.bot():
        await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]


async def test_an_event_whose_key_is_missing_is_left_for_who_has_it(world: World) -> None:
    """The event itself was taken in by a replica with another key."""
    async with world.bot(STATE_KEYS=f"{world.key},{NEW}"):
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
    await knows_the_key(world)
    await put_in(world, thread)
    async with world.bot():
        other = await world.asks("show me INV-1005")
        await world.hears(other, "Rowan Freight")
    assert len(world.replies(thread)) == 1
    async with world.bot(STATE_KEYS=f"{world.key},{NEW}"):
        await world.hears(thread, "Juniper Labs")


async def put_in(world: World, thread: str) -> None:
    """Let a replica with the other key have taken a message in."""
    settings, ts = world.settings(), world.slack.workspace.new_ts()
    async with client.connect(world.redis_url) as redis:
        inbox = Inbox(redis, world.keys, Sealer([NEW]), dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
        message = MessageReceived(ts, ANA, "show me INV-1004")
        await inbox.append(ThreadRef(TEAM, SUPPORT, thread), message, event_ids=(f"msg:{ts}",), order=ts)


async def knows_the_key(world: World) -> None:
    """Let the roster know that something was sealed with the other key once."""
    async with client.connect(world.redis_url) as redis:
        roster = Roster(redis, world.keys, timedelta(seconds=1))
        register = await roster.read()
        assert register.shared is not None
        shared = replace(register.shared, keys=(*register.shared.keys, *key_names([NEW])))
        assert await roster.enroll(register, shared)


async def test_what_is_stored_is_sealed_anew_beside_a_replica_and_the_old_key_can_go(
    world: World, bots: Bots, tmp_path: Path
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await world.recorded("requested")
    both = f"{NEW},{world.key}"
    code, said = await countersign("keys reseal", world.variables(STATE_KEYS=both), tmp_path)
    assert (code, "1 of 1 replicas that serve seal with another key" in said) == (1, True)
    await first.stop()

    second = await bots.start(STATE_KEYS=both)
    other = await world.asks("show me INV-1003")
    await world.hears(other, "Hazel & Co")
    while (await countersign("keys reseal", world.variables(STATE_KEYS=both), tmp_path))[0]:
        pass  # a thread was worked on
    await second.stop()

    await bots.start(STATE_KEYS=NEW)
    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded")
    await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=other)
    await world.hears(other, "dated **2026-10-02**.")
    assert world.refunds == [("INV-1003", "29.00")]
    code, said = await countersign("audit verify", world.variables(STATE_KEYS=NEW), tmp_path)
    assert code == 0, said
