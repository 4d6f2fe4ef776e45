"""What `check` says about servers that would lose what they are told."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Callable, Generator

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.errors import CannotStart
from bot.store import client
from bot.store.check import Finding, Level, check, insist, insist_on_keys, persists
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from tests.redis_server import RedisServer

Start = Callable[..., RedisServer]


@pytest.fixture
def start() -> Generator[Start]:
    servers: list[RedisServer] = []

    def started(**options: str) -> RedisServer:
        server = RedisServer(**options)
        servers.append(server)
        server.start()
        return server

    yield started
    for server in servers:
        server.remove()


async def findings(server: RedisServer) -> list[Finding]:
    """Check a server with a client of its own."""
    async with client.connect_for_acks(server.url) as redis:
        return await check(redis)


def texts(found: list[Finding], level: Level) -> str:
    """All sentences of a level."""
    return " ".join(finding.text for finding in found if finding.level is level)


async def test_a_durable_server_that_evicts_nothing_is_fine(redis_server: RedisServer) -> None:
    found = await findings(redis_server)

    assert {finding.level for finding in found} == {Level.OK}


async def test_a_server_without_append_only_file_is_warned_about(
    start: Start, redis_server: RedisServer
) -> None:
    server = start(appendonly="no")
    found = await findings(server)

    for one, keeps in ((redis_server, True), (server, False)):
        async with client.connect(one.url) as redis:
            assert await persists(redis) is keeps
    assert "append-only" in texts(found, Level.WARN)
    assert texts(found, Level.REFUSE) == ""


async def test_a_server_that_evicts_is_refused_if_it_can_become_full(start: Start) -> None:
    policy = {"maxmemory-policy": "allkeys-lru"}

    assert "allkeys-lru" in texts(await findings(start(**policy, maxmemory="64mb")), Level.REFUSE)
    assert "allkeys-lru" in texts(await findings(start(**policy)), Level.WARN)


async def test_a_replica_is_refused(start: Start) -> None:
    found = await findings(start(replicaof="127.0.0.1 1"))

    assert "replica" in texts(found, Level.REFUSE)


async def test_a_server_that_forbids_scripts_is_refused(start: Start) -> None:
    server = start()
    async with client.connect_for_acks(server.url) as redis:
        await redis.execute_command("ACL", "SETUSER", "default", "-@scripting")

    assert "scripts" in texts(await findings(server), Level.REFUSE)


async def test_a_server_that_is_not_there_is_refused_without_an_exception(start: Start) -> None:
    server = start()
    server.kill()

    assert [finding.level for finding in await findings(server)] == [Level.REFUSE]


class _Old(Redis):
    """A client of a server of another age: only `INFO` is not real."""

    async def info(self, *_: object, **__: object) -> dict[str, object]:
        return {
            "redis_version": "6.0.16",
            "role": "master",
            "maxmemory_policy": "noeviction",
            "aof_enabled": 1,
        }


async def test_a_server_too_old_for_the_scripts_is_refused(redis_server: RedisServer) -> None:
    async with _Old.from_url(redis_server.url) as redis:
        assert "6.2" in texts(await check(redis), Level.REFUSE)


async def insisted(server: RedisServer, *, strict: bool, refuse: bool = True) -> None:
    """Check a server as at the start of a bot."""
    async with client.connect_for_acks(server.url) as redis:
        await insist(redis, strict=strict, refuse=refuse)


async def test_a_start_is_refused_as_strictly_as_the_setting_says(start: Start) -> None:
    forgetful = start(appendonly="no")
    await insisted(forgetful, strict=False)
    with pytest.raises(CannotStart, match="keeps no append-only file"):
        await insisted(forgetful, strict=True)

    evicting = start(**{"maxmemory": "64mb", "maxmemory-policy": "allkeys-lru"})
    with pytest.raises(CannotStart, match="may drop approvals"):
        await insisted(evicting, strict=False)
    await insisted(evicting, strict=False, refuse=False)


async def test_keys_that_do_not_open_what_is_stored_are_refused_and_rotation_is_not(
    redis_server: RedisServer,
) -> None:
    keys = Keys(f"t{secrets.token_hex(4)}", 1)
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    async with client.connect(redis_server.url) as redis:
        await insist_on_keys(redis, keys, Sealer([old]))
        with pytest.raises(CannotStart, match="STATE_KEYS"):
            await insist_on_keys(redis, keys, Sealer([new]))

        await insist_on_keys(redis, keys, Sealer([new, old]))
        await insist_on_keys(redis, keys, Sealer([new]))


async def test_what_an_earlier_release_sealed_has_to_be_allowed(redis_server: RedisServer) -> None:
    keys = Keys(f"t{secrets.token_hex(4)}", 1)
    key = Fernet.generate_key().decode()
    envelope = {"kind": "canary", "schema": 1, "body": ""}
    async with client.connect(redis_server.url) as redis:
        await redis.set(keys.canary(), Fernet(key).encrypt(zlib.compress(json.dumps(envelope).encode())))
        with pytest.raises(CannotStart, match="READ_UNBOUND_SEALS=true"):
            await insist_on_keys(redis, keys, Sealer([key]))

        await insist_on_keys(redis, keys, Sealer([key], read_unbound=True))
        await insist_on_keys(redis, keys, Sealer([key]))
