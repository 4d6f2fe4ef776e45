"""A workspace in parts: it counts when a script says so, and nothing of it is unpacked beyond its limit."""

from __future__ import annotations

import os
import secrets
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.errors import UnknownSchema
from bot.domain.kept_workspace import Kept
from bot.sandbox.limits import MOST_RESTORED
from bot.store import client
from bot.store.keys import Keys, place
from bot.store.sealer import Sealer
from bot.store.workspaces import PART, Workspaces
from bot.store.writes import Writes
from tests.factories import ANA, OMAR, THREAD
from tests.redis_server import RedisServer

LARGE = os.urandom(PART * 3 + 7)


@contextmanager
def taking_less_than(most: int) -> Generator[None]:
    """Raise `AssertionError` where Python takes so many bytes or more meanwhile."""
    tracemalloc.start()
    try:
        yield
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < most


class Store:
    """Workspaces, and the commands of the fenced script sent one by one."""

    def __init__(self, redis: Redis) -> None:
        self.redis: Any = redis
        self.keys = Keys(secrets.token_hex(4), 2)
        self.sealer = Sealer([Fernet.generate_key().decode()])
        self.workspaces = Workspaces(redis, self.keys, self.sealer)

    async def write(self, writes: Writes) -> None:
        """Write, as the inbox would."""
        for command in writes.commands(self.keys, self.sealer, THREAD):
            await self.redis.execute_command(command.name, command.key, *command.arguments)

    async def keep(self, archive: bytes) -> Kept:
        """Stage an archive, and let it count."""
        kept = await self.workspaces.stage(THREAD, archive)
        await self.write(Writes().workspace(kept))
        return kept

    async def fields(self) -> set[str]:
        """What is stored."""
        return {field.decode() for field in await self.redis.hkeys(self.keys.files(THREAD))}


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncGenerator[Store]:
    async with client.connect(redis_server.url) as redis:
        yield Store(redis)


@pytest.mark.parametrize("archive", [b"", b"a", bytes(MOST_RESTORED), LARGE])
async def test_an_archive_comes_back_as_it_was(store: Store, archive: bytes) -> None:
    await store.keep(archive)

    assert await store.workspaces.load(THREAD) == archive


async def test_what_was_staged_counts_only_when_that_is_written(store: Store) -> None:
    await store.keep(b"first")
    staged = await store.workspaces.stage(THREAD, LARGE)

    assert await store.workspaces.load(THREAD) == b"first"
    assert await store.workspaces.load(THREAD, staged) == LARGE

    await store.write(Writes().workspace(staged))
    assert await store.workspaces.load(THREAD) == LARGE


async def test_writing_again_changes_nothing(store: Store) -> None:
    await store.keep(b"first")
    kept = await store.keep(LARGE)
    await store.write(Writes().workspace(kept))

    assert await store.workspaces.load(THREAD) == LARGE


async def test_parts_that_never_counted_go_with_the_next_that_do(store: Store) -> None:
    await store.keep(b"first")
    await store.workspaces.stage(THREAD, LARGE)
    kept = await store.keep(b"second")

    assert await store.fields() == {"now", kept.part(0)}


async def test_a_reset_forgets_all_parts(store: Store) -> None:
    await store.keep(LARGE)
    await store.workspaces.stage(THREAD, b"other")
    await store.write(Writes().forget())

    assert await store.fields() == set()
    assert await store.workspaces.load(THREAD) == b""


async def test_parts_in_another_order_or_of_another_archive_are_refused(store: Store) -> None:
    kept = await store.keep(LARGE)
    other = await store.workspaces.stage(THREAD, os.urandom(PART * 2))
    key = store.keys.files(THREAD)
    for field, taken in ((kept.part(0), kept.part(1)), (kept.part(1), other.part(1))):
        before, swapped = await store.redis.hget(key, field), await store.redis.hget(key, taken)
        await store.redis.execute_command("HSET", key, field, swapped)
        with pytest.raises(UnknownSchema):
            await store.workspaces.load(THREAD)
        await store.redis.execute_command("HSET", key, field, before)

    assert await store.workspaces.load(THREAD) == LARGE


async def test_another_workspace_as_long_as_this_one_is_refused_in_its_place(store: Store) -> None:
    kept = await store.keep(b"paid: no ")
    other = await store.workspaces.stage(THREAD, b"paid: yes")
    key = store.keys.files(THREAD)
    swapped = await store.redis.hget(key, other.part(0))
    await store.redis.execute_command("HSET", key, kept.part(0), swapped)

    with pytest.raises(UnknownSchema):
        await store.workspaces.load(THREAD)


async def test_a_part_that_unpacks_to_more_is_not_unpacked(store: Store) -> None:
    """The largest that may be stored is not the largest that a part could unpack to."""
    kept = await store.keep(b"first")
    bomb = zlib.compress(bytes(1 << 28), 1)
    body = {"of": kept.name, "part": 0, "data": b64encode(bomb).decode()}
    sealed = store.sealer.seal("part", body, place(store.keys.files(THREAD), kept.part(0)))
    await store.redis.execute_command("HSET", store.keys.files(THREAD), kept.part(0), sealed)

    with taking_less_than(16 << 20), pytest.raises(UnknownSchema):
        await store.workspaces.load(THREAD)


async def test_what_was_written_in_one_piece_is_read_until_it_is_replaced(store: Store) -> None:
    key = store.keys.workspace(THREAD)
    packed = b64encode(zlib.compress(LARGE)).decode()
    await store.redis.set(key, store.sealer.seal("workspace", packed, place(key)))
    assert await store.workspaces.load(THREAD) == LARGE
    await store.keep(b"second")

    assert await store.redis.exists(key) == 0
    assert await store.workspaces.load(THREAD) == b"second"


@pytest.mark.parametrize("body", ["garbage", b64encode(zlib.compress(bytes(1 << 28), 1)).decode()])
async def test_one_piece_that_is_none_or_too_large_is_refused(store: Store, body: str) -> None:
    key = store.keys.workspace(THREAD)
    await store.redis.set(key, store.sealer.seal("workspace", body, place(key)))

    with taking_less_than(MOST_RESTORED * 3), pytest.raises(UnknownSchema):
        await store.workspaces.load(THREAD)


async def test_a_workspace_names_all_whose_words_went_into_it(store: Store) -> None:
    assert await store.workspaces.authors(THREAD) is None
    kept = await store.workspaces.stage(THREAD, b"notes")
    await store.write(Writes().workspace(replace(kept, authors=(ANA, OMAR))))

    assert await store.workspaces.authors(THREAD) == (ANA, OMAR)
