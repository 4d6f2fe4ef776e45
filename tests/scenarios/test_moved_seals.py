"""What somebody who can write to Redis moves about in it: nothing opens where it does not belong."""

from __future__ import annotations

import json
import zlib
from random import Random
from typing import Any, Final, cast

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.errors import UnknownSchema
from bot.domain.run import JournalEntry, JournalStatus
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.keys import place
from bot.store.records import JOURNAL
from bot.store.sealer import SCHEMAS, Sealer
from bot.store.threads import ThreadStore
from devkit.slack.workspace import TEAM
from tests.fuzz.records import values
from tests.world import ANA, MEI, OMAR, SUPPORT, World

SWAPS: Final = 1_000


def kind_of(world: World, sealed: bytes) -> str:
    """What a sealed value says it is."""
    return str(json.loads(zlib.decompress(Fernet(world.key.encode()).decrypt(sealed)))["kind"])


async def a_full_life(world: World) -> tuple[str, str]:
    """A refund that waits, one that was made, talk and code; returns the first two threads."""
    async with world.bot():
        waiting = await world.asks("refund $29 on INV-1003")
        await world.card(waiting)
        done = await world.asks("refund $12 on INV-1004")
        await world.hears(done, "Done: I refunded")
        await world.asks("and what is its date?", thread=done)
        await world.hears(done, "is dated")
        if world.bridge is not None:
            await world.hears(await world.asks("run `echo one > note.txt`"), "Done.")
    return waiting, done


async def sealed_values(redis: Redis, world: World) -> list[tuple[str, str | int, bytes]]:
    """Every sealed value of a bot, with its key and its place in it."""
    found: list[tuple[str, str | int, bytes]] = []
    keys = sorted([key async for key in redis.scan_iter(match=f"{world.prefix}:*", count=10_000)])
    for key in keys:
        for _, part, value in await values(redis, key):
            if value.startswith((b"gAAAA", b"gMVc")):  # how a Fernet token begins
                named = part.decode() if isinstance(part, bytes) else "" if part is None else part
                found.append((key.decode(), named, value))
    return found


def where(key: str, part: str | int) -> str:
    """The place of a value; links of the audit log count from 1, and what is cut off at its beginning has one for all."""
    if key.endswith(":handled"):
        return place(key)
    is_link = key.endswith(":log") and isinstance(part, int)
    return place(key, part + 1 if is_link and isinstance(part, int) else part)


async def test_of_a_thousand_swaps_none_opens(world: World) -> None:
    await a_full_life(world)
    sealer = Sealer([world.key])
    await world.records()
    async with client.connect(world.redis_url) as redis:
        found = await sealed_values(redis, world)
    kinds = {kind_of(world, value) for _, _, value in found}
    assert {"state", "item", "run", "approval", "link", "head", "canary"} <= kinds
    for key, part, value in found:  # each opens where it is
        sealer.open(kind_of(world, value), value, where(key, part))

    random, opened = Random(13), 0
    for _ in range(SWAPS):
        (key, part, _), (elsewhere, _, other) = random.sample(found, 2)
        if key == elsewhere and key.endswith(":handled"):
            continue  # of the same list
        for kind in SCHEMAS:
            try:
                sealer.open(kind, other, where(key, part))
                opened += 1
            except UnknownSchema:
                pass

    assert opened == 0


async def put(redis: Redis, key: str, part: str | int, value: bytes) -> None:
    """Write over a value where it is."""
    match part:
        case int():
            await cast("Any", redis.lset(key, part, cast("Any", value)))
        case "":
            await redis.set(key, value)
        case _:
            await cast("Any", redis.hset(key, part, cast("Any", value)))


async def test_no_reader_takes_what_belongs_elsewhere(world: World) -> None:
    waiting, done = await a_full_life(world)
    mine, theirs = ThreadRef(TEAM, SUPPORT, waiting), ThreadRef(TEAM, SUPPORT, done)
    keys, sealer = world.keys, Sealer([world.key])
    async with client.connect(world.redis_url) as redis:
        store = ThreadStore(redis, keys, sealer)
        found = await sealed_values(redis, world)
        session = [one for one in found if one[0] == keys.session(theirs)]
        assert len(session) > 2
        await put(redis, session[0][0], 0, session[1][2])
        with pytest.raises(UnknownSchema):
            await store.session(theirs).get_items()

        (state,) = [value for key, _, value in found if key == keys.state(theirs)]
        await put(redis, keys.state(mine), "", state)
        with pytest.raises(UnknownSchema):
            await store.load(mine)

        sealed = JOURNAL.dump(sealer, JournalEntry(JournalStatus.DONE), place(keys.journal(theirs), "paid"))
        await put(redis, keys.journal(theirs), "another effect", sealed)
        await put(redis, keys.journal(mine), "paid", sealed)
        for thread, effect in ((theirs, "another effect"), (mine, "paid")):
            with pytest.raises(UnknownSchema):
                await store.journal(thread, effect)


async def test_who_stands_in_for_one_person_does_not_for_another(world: World) -> None:
    keys, sealer = world.keys, Sealer([world.key])
    own, other = (keys.delegation(ThreadRef.home(TEAM, person)) for person in (OMAR, ANA))
    body = {"who": OMAR, "to": MEI, "until": "2099-01-01T00:00:00Z"}
    async with client.connect(world.redis_url) as redis:
        store = ThreadStore(redis, keys, sealer)
        await redis.set(own, sealer.seal("delegation", body, place(own)))
        await redis.set(other, sealer.seal("delegation", body, place(own)))
        held = await store.delegation(TEAM, OMAR)
        with pytest.raises(UnknownSchema):
            await store.delegation(TEAM, ANA)
        await redis.set(other, sealer.seal("delegation", body, place(other)))  # by somebody with the key
        with pytest.raises(UnknownSchema):
            await store.delegation(TEAM, ANA)

    assert held is not None
    assert (held.who, held.to) == (OMAR, MEI)
