"""A backup is restored: what was done since is not done again, and people are told."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest

from bot.connection import backfill
from bot.operations.backup_report import back_up, restore
from devkit.model.script import Calls, Text
from devkit.slack.workspace import Message
from tests.scenarios.test_forgotten import forget, refund
from tests.tools import scripted
from tests.world import MEI, OMAR, World, ids


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)


async def backup_of(world: World) -> bytes:
    """What `countersign backup` writes, with the bot at work."""
    into = BytesIO()
    assert await back_up(world.settings(), "0.2.0", into, lambda line: None)
    return into.getvalue()


async def restored(world: World, backup: bytes) -> None:
    """Lose Redis, and restore that."""
    await forget(world)
    lines = backup.splitlines(keepends=True)
    await restore(world.settings(), "0.2.0", lambda: lines, lambda line: None, replace=False)


async def clicks_as_before(world: World, user: str, card: Message, blocks: object) -> None:
    """Click Approve on a card that this person's Slack still shows as it was."""
    present, card.blocks = card.blocks, blocks  # type: ignore[assignment]
    clicked = world.approves(user, card)
    try:
        assert await clicked
    finally:
        card.blocks = present


async def test_what_was_done_since_the_backup_is_paid_once_however_it_is_come_back_to(world: World) -> None:
    first, second = (Calls([refund(amount, "a broken cup")]) for amount in ("29.00", "35.00"))
    async with world.bot():
        waits = await world.card(await world.asks("refund $31 on INV-1005"))
        scripted(world, first, second)
        card = await world.card(thread := await world.asks("give it back"))
        backup, blocks = await backup_of(world), card.blocks
        await world.approves(OMAR, card)
        await world.slack.until(lambda: [one for one in world.cards(thread) if one is not card])
        await world.approves(MEI, world.cards(thread)[-1])
        await world.hears(thread, "That was all.")
        later = await world.card(await world.asks("refund $33 on INV-1005"))
        await world.insists(MEI, later)
        await world.slack.until(lambda: "*Done*" in later.shown)
    await restored(world, backup)
    missed = await world.asks("show me INV-1004")
    # Slack is slow to show its history, so that somebody clicks before anything was looked up.
    world.slack.fault("conversations.history", until=(shown := asyncio.Event()), times=100)
    async with world.bot():
        await world.hears(missed, "Juniper Labs")
        world.model.script(second, Text("That was all."))
        await clicks_as_before(world, OMAR, card, blocks)
        await world.told(OMAR, "The service says that this was done before")
        await world.hears(thread, "The service says that this was done before")
        shown.set()
        await world.insists(MEI, waits)  # there is less left to refund than when it was asked
        await world.slack.until(lambda: "*Done*" in waits.shown)

    assert world.cards(thread) == []
    assert "approve" not in ids(later)
    assert sorted(world.refunds) == [("INV-1005", amount) for amount in ("29.00", "31.00", "33.00", "35.00")]
