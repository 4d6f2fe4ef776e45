"""Redis loses its last moments: what Slack shows is not said again, and nothing is shown as under way for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.connection import backfill
from bot.domain.thread import ThreadRef
from bot.handlers.intake import Intake
from bot.operations import doctor
from bot.slack.me import Me
from bot.store import client
from bot.store.epoch import Epoch
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Inbox
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.wiring.app import real_sources
from devkit.slack.workspace import TEAM
from tests.redis_server import RedisServer
from tests.tools import give_money, gives, scripted
from tests.world import BOT_USER, OMAR, SUPPORT, World, ids


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)


def read_history(world: World) -> int:
    return sum(call.method == "conversations.history" for call in world.slack.calls)


async def test_what_slack_shows_an_answer_to_is_not_answered_again(
    around: World, server: RedisServer
) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        thread = await around.asks("show me INV-1003")
        await around.hears(thread, "Hazel & Co")
        before = read_history(around)
        server.lose_power(written)
        missed = await around.asks("show me INV-1004")
        await around.hears(missed, "Juniper Labs")
        await around.slack.until(lambda: read_history(around) > before)
        await around.hears(await around.asks("show me INV-1005"), "Rowan Freight")

    assert [len(around.replies(one)) for one in (thread, missed)] == [1, 1]


async def test_a_reply_that_was_under_way_is_finished_though_its_message_is_forgotten(
    around: World, server: RedisServer
) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        around.model.delay = 2.0
        thread = await around.asks("show me INV-1003")
        await around.slack.until(lambda: around.replies(thread))
        server.lose_power(written)
        around.model.delay = 0
        await around.hears(thread, "Hazel & Co")

    assert len(around.replies(thread)) == 1


async def test_a_reply_to_what_cannot_be_read_again_is_closed_with_a_sentence(
    around: World, server: RedisServer
) -> None:
    scripted(around, gives("29.00"), last="They have it.")
    async with around.bot(give_money()):
        thread = await around.asks("give them money")
        card = await around.card(thread)
        written = server.written
        around.model.delay = 3.0
        await around.approves(OMAR, card)
        await around.slack.until(lambda: [m for m in around.replies(thread) if "stop" in ids(m)])
        server.lose_power(written)
        await around.hears(thread, "What I remember was set back")

    assert [m for m in around.replies(thread) if "stop" in ids(m)] == []


async def test_an_event_whose_answer_is_forgotten_is_not_worked_on_again(
    around: World, server: RedisServer
) -> None:
    thread = await around.asks("show me INV-1003")
    event = {"type": "app_mention", "channel": SUPPORT, "user": "U0ANA00001", "ts": thread, "team": TEAM}
    async with client.connect(server.url) as redis:
        settings, sealer = around.settings(), Sealer([around.key])
        inbox = Inbox(redis, around.keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=timedelta(seconds=3))
        threads, me = ThreadStore(redis, around.keys, sealer), Me(TEAM, BOT_USER, "https://acme.slack.com/")
        intake = Intake(inbox, threads, me, {}, real_sources().now, FollowUps(redis, around.keys))
        await Epoch(redis, around.keys).since(lived_before=False)
        await intake.message(event | {"text": f"<@{BOT_USER}> show me INV-1003"}, delivery_id="d1")
    written = server.written
    async with around.bot():
        await around.hears(thread, "Hazel & Co")
    asked = len(around.model.asked())
    server.lose_power(written)
    async with around.bot():
        await around.hears(await around.asks("show me INV-1004"), "Juniper Labs")
        async with client.connect(server.url) as redis:
            inbox = around.keys.inbox(ThreadRef(TEAM, SUPPORT, thread))
            while await redis.zcard(inbox):
                await asyncio.wait({asyncio.ensure_future(around.slack.workspace.change())}, timeout=0.05)

    assert len(around.replies(thread)) == 1
    assert len(around.model.asked()) == 2 * asked


async def test_a_redis_that_was_restarted_writes_its_file_anew(around: World, server: RedisServer) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1003"), "Hazel & Co")
        assert not server.is_written_anew
        server.lose_power(server.written)
        await around.slack.until(lambda: server.is_written_anew)


async def test_a_redis_that_was_restarted_is_another_one_and_said_once(
    around: World, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    keys, settings = around.keys, around.settings()
    async with client.connect(server.url) as redis:
        first = await Epoch(redis, keys).since(lived_before=False)
        assert first.is_settled
        server.kill()
        server.start()
        again = [await Epoch(redis, keys).since() for _ in range(2)]
        assert [one.is_settled for one in again] == [False, False]
        found = [one.text async for one in doctor.check_redis(settings)]
        assert doctor.SET_BACK in found
        await Epoch(redis, keys).settle(again[0])

        assert (await Epoch(redis, keys).since()).is_settled
        assert doctor.SET_BACK not in [one.text async for one in doctor.check_redis(settings)]
    assert [one.getMessage() for one in caplog.records if "redis was restarted" in one.getMessage()] == [
        "redis was restarted or restored: it may have forgotten its last moments"
    ]
