"""Heads are brought outside of Redis: once each, signed, and whatever is not there stops nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet

from bot.background.audit_anchor import (
    READ_BACK,
    Anchor,
    Place,
    Put,
    into_file,
    into_log,
    into_url,
    keep_anchored,
    read_back,
)
from bot.domain.audit import Head
from bot.domain.signed_head import HeadSigner, NotedHead
from bot.store import client
from bot.telemetry.metrics import Metrics
from tests.factories import NOON, TEAM
from tests.redis_server import RedisServer
from tests.store.test_audit_log import Log

SECRET = "/hook/very-secret"


class Hook:
    """A server that keeps what is posted to it, or answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.status = 200
        app = web.Application()
        app.router.add_post(SECRET, self._take)
        app.router.add_get(SECRET, self._give)
        self.server = TestServer(app)

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.text())
        return web.Response(status=self.status, headers={"Location": SECRET})

    async def _give(self, request: web.Request) -> web.Response:
        return web.Response(status=self.status, headers={"Location": SECRET}, text="\n".join(self.bodies))

    @property
    def url(self) -> str:
        return str(self.server.make_url(SECRET))


@pytest.fixture
async def hook() -> AsyncGenerator[Hook]:
    hook = Hook()
    async with hook.server:
        yield hook


@pytest.fixture
async def log(redis_server: RedisServer) -> AsyncGenerator[Log]:
    async with client.connect(redis_server.url) as redis:
        yield Log(redis)


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


SIGNER = HeadSigner([Fernet.generate_key().decode()])


def anchor(log: Log, puts: Sequence[Put]) -> Anchor:
    places = [Place(f"place {number}", put) for number, put in enumerate(puts)]
    return Anchor(log.audit, SIGNER, places, lambda: NOON)


async def test_a_head_is_brought_to_every_place_and_again_only_when_it_moved(
    log: Log, hook: Hook, http: aiohttp.ClientSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.background.audit_anchor")
    file = tmp_path / "heads"
    it = anchor(log, [into_log, into_file(file), into_url(http, hook.url)])
    await it.drop()
    await log.waits(1, 2)
    await log.audit.chain()
    await it.drop()
    await it.drop()
    await log.waits(3)
    await log.audit.chain()
    await it.drop()
    head = await log.audit.head(TEAM)

    lines = file.read_text().splitlines()
    assert [SIGNER.read(line).head.seq for line in lines] == [2, 3]
    assert SIGNER.read(lines[-1]) == NotedHead(TEAM, head)
    assert [json.loads(body) for body in hook.bodies] == [json.loads(line) for line in lines]
    assert [vars(record)["seq"] for record in caplog.records] == [2, 3]


@pytest.mark.parametrize("status", [302, 307, 404, 500])
async def test_what_a_place_refused_is_brought_with_the_next_anchor_and_stops_no_other_place(
    log: Log,
    hook: Hook,
    http: aiohttp.ClientSession,
    tmp_path: Path,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook.status = status
    file, missing = tmp_path / "heads", tmp_path / "private" / "heads"
    it = anchor(log, [into_url(http, hook.url), into_file(missing), into_file(file)])
    await log.waits(1)
    await log.audit.chain()
    await it.drop()
    assert len(file.read_text().splitlines()) == 1
    hook.status = 204
    missing.parent.mkdir()
    await it.drop()
    await it.drop()

    assert len(hook.bodies) == 2  # a redirect is not followed either
    assert len(missing.read_text().splitlines()) == len(file.read_text().splitlines()) == 1
    assert {record.getMessage() for record in caplog.records} == {"audit head not kept"}
    shown = str([vars(record) for record in caplog.records])
    assert "secret" not in shown
    assert "private" not in shown


async def test_a_head_that_cannot_be_opened_is_said_and_stops_no_other(
    log: Log, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await log.waits(1)
    await log.waits(2, team="T0OTHER001")
    await log.audit.chain()
    await log.redis.set(log.keys.audit_head("T0OTHER001"), b"scribbled")
    await anchor(log, [into_file(tmp_path / "heads")]).drop()

    (line,) = (tmp_path / "heads").read_text().splitlines()
    assert SIGNER.read(line).team == TEAM
    assert [record.getMessage() for record in caplog.records] == ["audit head cannot be opened"]


async def test_anchors_go_on_being_dropped_also_when_redis_did_not_answer(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    await log.waits(1)
    await log.audit.chain()
    await log.redis.rpush(log.keys.audit_head("T0BROKEN01"), b"no string")  # pyright: ignore[reportGeneralTypeIssues]
    failed, brought = asyncio.Event(), asyncio.Event()

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            failed.set()

    async def put(line: object) -> None:
        brought.set()

    watch = Watch()
    logging.getLogger("bot.background.audit_anchor").addHandler(watch)
    task = asyncio.create_task(keep_anchored(anchor(log, [put]), timedelta(milliseconds=1), Metrics()))
    try:
        await asyncio.wait_for(failed.wait(), 10)
        brought.clear()
        await log.redis.delete(log.keys.audit_head("T0BROKEN01"))
        await log.waits(2)
        await log.audit.chain()
        await asyncio.wait_for(brought.wait(), 10)
    finally:
        task.cancel()
        logging.getLogger("bot.background.audit_anchor").removeHandler(watch)
    assert await log.audit.head(TEAM) != Head()
    assert {record.getMessage() for record in caplog.records} == {"audit heads not read"}


async def test_what_a_server_was_sent_is_read_back_where_it_gives_it_and_never_from_elsewhere(
    hook: Hook, http: aiohttp.ClientSession
) -> None:
    hook.bodies = ["a" * READ_BACK, "b"]
    assert await read_back(http, hook.url) == "a" * READ_BACK
    hook.status = 302
    assert await read_back(http, hook.url) == ""


async def test_a_disk_that_is_full_leaves_no_part_of_a_line(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    put = into_file(file)
    await put({"seq": 1})
    before = file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 5, hard))
    try:
        with pytest.raises(OSError, match="in part"):
            await put({"seq": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == before
    await put({"seq": 3})
    assert [json.loads(line)["seq"] for line in file.read_text().splitlines()] == [1, 3]
