"""While it is not known what Redis forgot: that is said wherever somebody looks, and an empty Redis is no first start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.connection import backfill
from bot.domain import sentences
from bot.domain.audit import Head
from bot.domain.signed_head import HeadSigner
from bot.operations import doctor
from bot.store import client
from bot.store.epoch import Epoch
from bot.wiring.app import real_sources
from devkit.demo import free_ports
from devkit.slack.workspace import TEAM
from tests.redis_server import RedisServer
from tests.scenarios.test_forgotten import forget
from tests.world import World, ids

EMPTIED = "redis is empty, but this bot has lived before: what it forgot is looked for in slack"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)


async def ready(port: int) -> dict[str, Any]:
    """What a supervisor is told."""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as answer:
        assert answer.status == 200
        return await answer.json()


async def doubts(world: World) -> bool:
    """Whether the doctor says that Redis may have forgotten something."""
    found = [one.text async for one in doctor.check_redis(world.settings())]
    return doctor.SET_BACK in found


async def test_that_it_recovers_is_said_to_supervisors_operators_and_who_decides(
    around: World, server: RedisServer
) -> None:
    (port,) = free_ports(1)
    async with around.bot(HEALTH_PORT=str(port)):
        card = await around.card(await around.asks("refund $29 on INV-1003"))
        assert sentences.MAY_REPEAT not in card.shown
        assert (await ready(port))["recovering"] is False
        around.slack.fault("users.conversations", status=500, times=10_000)
        server.kill()
        server.start()
        asked = await around.card(await around.asks("refund $31 on INV-1005"))
        assert sentences.MAY_REPEAT in asked.shown
        said = await ready(port)
        assert said["recovering"] is True
        assert "looked for in Slack" in said["recovering_why"]
        assert await doubts(around)
        around.slack.heal()
        while await doubts(around):
            await around.slack.until(lambda: True)
        assert (await ready(port))["recovering"] is False


async def test_a_redis_that_was_emptied_is_not_taken_for_a_first_start(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.bot():
        card = await world.card(await world.asks("refund $29 on INV-1003"))
        assert EMPTIED not in caplog.messages
    await forget(world)
    async with world.bot():
        await world.slack.until(lambda: "nobody can decide it here" in card.shown)
        assert "approve" not in ids(card)
    async with world.bot():
        pass
    assert caplog.messages.count(EMPTIED) == 1


@pytest.mark.parametrize("ours", ["file", "address", ""])
async def test_a_signed_head_of_the_audit_log_tells_that_the_bot_lived_before(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, ours: str
) -> None:
    def line(place: str) -> str:
        key = world.key if place == ours else "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="
        return json.dumps(HeadSigner([key]).sign(TEAM, Head(7, "ab" * 32), real_sources().now())) + "\n"

    async def told(request: web.Request) -> web.Response:
        return web.Response(text="what lies here:\n" + line("address"))

    is_ours = bool(ours)
    (heads := tmp_path / "heads.jsonl").write_text(line("file"))
    app = web.Application()
    app.router.add_route("*", "/", told)
    async with (
        TestServer(app) as server,
        client.connect(world.redis_url) as redis,
        world.bot(AUDIT_ANCHOR_FILE=str(heads), AUDIT_ANCHOR_URL=str(server.make_url("/"))),
    ):
        assert (EMPTIED in caplog.messages) is is_ours
        assert ((await Epoch(redis, world.keys).since()).second > 0) is is_ours


@pytest.mark.parametrize("given", ["true", "false"])
async def test_seals_that_name_no_place_are_warned_about_while_they_are_read(
    world: World, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    async with world.bot(READ_UNBOUND_SEALS=given):
        settings = world.settings(READ_UNBOUND_SEALS=given)
        found = [one.text async for one in doctor.check_redis(settings)]

    assert (doctor.UNBOUND in found) is (given == "true")
    assert any("READ_UNBOUND_SEALS is on" in one for one in caplog.messages) is (given == "true")
