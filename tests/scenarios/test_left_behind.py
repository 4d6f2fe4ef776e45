"""What comes late, or under other keys, brings nothing back and spoils nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from bot.errors import CannotStart
from bot.events import MessageReceived
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.thread import ThreadRef
from devkit.slack.workspace import TEAM
from tests.scenarios.test_home import stands_in
from tests.world import ANA, OMAR, SUPPORT, THEO, World


async def comes_late(world: World, thread: str, ts: str, text: str) -> None:
    """Let a message of then be delivered now, as Slack's third try or a look back would."""
    async with client.connect(world.redis_url) as redis:
        keys, sealer = Keys(world.prefix, 2), Sealer([world.key])
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=3))
        message = MessageReceived(ts=ts, user=ANA, text=text)
        await inbox.append(ThreadRef(TEAM, SUPPORT, thread), message, event_ids=(f"late:{ts}",), order=ts)


async def test_a_message_from_before_a_reset_is_not_answered_after_it(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        before = world.slack.workspace.new_ts()
        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgotten")
        await comes_late(world, thread, before, "refund $12 on INV-1003")
        await world.slack.says(ANA, SUPPORT, "show me INV-1005", thread_ts=thread)
        await world.hears(thread, "Rowan Freight")

    assert world.refunds == []
    assert len(world.replies(thread)) == 3
    assert "refund $12" not in str([asked.body for asked in world.model.requests])


async def test_a_bot_with_other_keys_does_not_start_on_what_is_stored(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        await world.card(thread)
    with pytest.raises(CannotStart, match="STATE_KEYS"):
        async with world.bot(STATE_KEYS=Fernet.generate_key().decode()):
            pass

    async with world.bot():
        await world.approves(OMAR, await world.card(thread))
        await world.hears(thread, "Done: I refunded")


async def test_who_became_a_guest_stands_in_for_nobody_any_more(world: World) -> None:
    async with world.bot():
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "You decide for yourself.")
        await stands_in(world, OMAR, THEO)
        await world.home(OMAR, "may decide in your place")
        card = await world.card(await world.asks("refund $29 on INV-1003"))
        world.slack.workspace.people[THEO].is_restricted = True
        await world.approves(THEO, card)
        await world.told(THEO, "not one of the approvers")

    assert world.refunds == []
