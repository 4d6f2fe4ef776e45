"""What Redis holds of a thread, damaged while an approval waits; then people go on as if nothing were."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Sequence
from random import Random
from typing import Any, cast

from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.store import client
from devkit.slack.workspace import Message
from tests.fuzz.mutate import broken, damaged
from tests.fuzz.payloads import Complaints, answered, closing
from tests.world import ANA, OMAR, SUPPORT, World, ids
from tests.world import world as make_world

#: What every card shows.
SHOWN_ON_CARD = ("INV-1003", "29.00")
#: Let one person wait for as many approvals as a round has.
#: Each message has an answer of its own, by which it is told that its thread goes on.
SETTINGS = {
    "PENDING_PER_REQUESTER": "1000",
    "PENDING_PER_ROLE": "1000",
    "WORKER_CONCURRENCY": "16",
    "STEER": "wait",
}


async def attack(redis_url: str, random: Random, count: int) -> list[str]:
    """Damage one record in each of so many threads; returns what was wrong then or afterwards."""
    # A model that is shown a damaged conversation refuses it, and the run fails: people are told.
    complaints, problems = Complaints("openai.agents", "bot.agents.failed_runs"), list[str]()
    logging.getLogger().addHandler(complaints)
    try:
        async with make_world(redis_url, strict_pace=False) as world:
            async with world.bot(**SETTINGS):
                threads = [await world.asks("refund $29 on INV-1003") for _ in range(count)]
                for thread in threads:
                    await world.slack.until(lambda thread=thread: world.cards(thread), timeout=120)
            harm: dict[str, str] = {}
            async with client.connect(redis_url) as redis:
                for thread in threads:
                    harm[thread] = await damage(redis, world, thread, random)
            async with world.bot(**SETTINGS):
                problems += await go_on(world, threads, harm, random)
                problems += await closing(world, threads[0])
            problems += paid_wrongly(world.refunds, count)
    finally:
        logging.getLogger().removeHandler(complaints)
    return problems + complaints.found


async def go_on(world: World, threads: list[str], harm: dict[str, str], random: Random) -> list[str]:
    """Click or write in each thread, then write again: that has to be answered."""
    problems: list[str] = []
    cards = {thread: next(m for m in world.replies(thread) if _is_card(m)) for thread in threads}
    for thread, card in cards.items():
        match random.randrange(4):
            case 0 | 1 if "approve" in ids(card):
                await world.approves(OMAR, card)
            case 2:
                await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
            case _:
                pass
    told = {
        thread: await world.slack.says(ANA, SUPPORT, "hello there", thread_ts=thread) for thread in threads
    }
    for thread, message in told.items():
        try:
            await world.slack.until(lambda at=message, t=thread: answered(world, t, at), timeout=60)
        except AssertionError:
            problems.append(f"stuck after {harm[thread]}")
    return problems


def paid_wrongly(refunds: Sequence[tuple[str, str]], asked: int) -> list[str]:
    """Whatever was damaged: nothing may be paid but what the cards showed, and once a card at most."""
    odd = [f"paid {amount} on {invoice}" for invoice, amount in refunds if (invoice, amount) != SHOWN_ON_CARD]
    return odd + ([f"{len(refunds)} refunds of {asked} cards"] if len(refunds) > asked else [])


def _is_card(message: Message) -> bool:
    return (message.metadata or {}).get("event_type") == "countersign_card"


async def damage(redis: Redis, world: World, thread: str, random: Random) -> str:
    """Damage one stored value of a thread, or of its approval; returns what was done."""
    (card,) = [m for m in world.replies(thread) if _is_card(m)]
    approval = str((card.metadata or {})["event_payload"]["approval_id"])
    name = f"T0ACME0001/{SUPPORT}/{thread}"
    wanted = random.choice((f"*{name}:*", f"*{approval}*"))
    found = [key async for key in redis.scan_iter(match=f"{world.prefix}:{wanted}", count=10_000)]
    places = [place for key in sorted(found) for place in await values(redis, key)]
    key, field, sealed = random.choice(places)
    worse, how = _worse(world, sealed, random)
    match field:
        case None:
            await redis.set(key, worse)
        case int():
            await cast("Any", redis.lset(key, field, cast("Any", worse)))
        case _:
            await cast("Any", redis.hset(key, field, cast("Any", worse)))
    where = key.decode().replace(name, "…").replace(approval, "<id>").split(":", 1)[1]
    return f"{how} at {where} {'' if field is None else field!r}"


async def values(redis: Redis, key: bytes) -> list[tuple[bytes, Any, bytes]]:
    """The sealed values of a key, each with its place in it."""
    match await redis.type(key):
        case b"string" if b":seen:" not in key:
            return [(key, None, cast("bytes", await redis.get(key)))]
        case b"list":
            items = await cast("Any", redis.lrange(key, 0, -1))
            return [(key, number, item) for number, item in enumerate(items)]
        case b"hash" if not key.endswith((b":row", b":spent")):  # which are of plain numbers
            rows = await cast("Any", redis.hgetall(key))
            return [(key, field, value) for field, value in rows.items()]
        case _:
            return []


def _worse(world: World, sealed: bytes, random: Random) -> tuple[bytes, str]:
    """Damage what is sealed, then seal it again; or the seal itself."""
    kind = random.randrange(8)
    if kind == 0:
        return broken(sealed, random), "broken bytes"
    if kind == 1:
        return Fernet(Fernet.generate_key()).encrypt(b"x"), "another key"
    key = Fernet(world.key.encode())
    envelope: dict[str, Any] = json.loads(zlib.decompress(key.decrypt(sealed)))
    if kind == 2:
        envelope["schema"] = random.choice((0, 99, -1, "1", None))
        how = f"schema {envelope['schema']!r}"
    elif kind == 3:
        envelope = damaged(envelope, random)
        how = "damaged envelope"
    elif isinstance(envelope["body"], str):  # a saved run is JSON within JSON
        inner = json.dumps(damaged(json.loads(envelope["body"]), random))
        envelope["body"] = inner if kind < 7 else broken(inner.encode(), random).decode(errors="replace")
        how = f"damaged run {inner[:0]}"
    else:
        envelope["body"] = damaged(envelope["body"], random)
        how = f"damaged body {json.dumps(envelope['body'])[:200]}"
    return key.encrypt(zlib.compress(json.dumps(envelope).encode())), how
