"""A script without one of its protections is a script still: its tests fail for what it does, not for its form."""

from __future__ import annotations

import pytest

from bot.store import client
from tests.mutants.protection import ROOT, Protection, listed, removed
from tests.redis_server import RedisServer

IN_LUA = [one for one in listed() if one.file.endswith(".lua")]


@pytest.mark.parametrize("protection", IN_LUA, ids=lambda one: one.name)
async def test_redis_takes_the_script_without_it(redis_server: RedisServer, protection: Protection) -> None:
    script = removed(protection, (ROOT / protection.file).read_text(encoding="utf-8"))
    async with client.connect(redis_server.url) as redis:
        assert await redis.script_load(script)
