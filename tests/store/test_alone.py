"""A save that is to be alone, and saves that meet: nothing of them is lost, and nothing is half changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.audit import Deed
from bot.domain.events import MessageReceived
from bot.domain.run import Reply
from bot.store import client
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.writes import Command, Writes
from tests.factories import ANA
from tests.redis_server import RedisServer
from tests.store.test_effects import THREAD, Effects


@pytest.fixture
async def effects(redis_server: RedisServer) -> AsyncGenerator[Effects]:
    async with client.connect(redis_server.url) as redis:
        yield Effects(redis)


async def test_a_save_before_a_message_changes_nothing_and_what_was_to_go_with_it_goes_with_the_next(
    effects: Effects,
) -> None:
    h = await effects.handling()
    assert await h.save_alone(Writes().run(b"{}"), effects=("e1",))
    await effects.inbox.append(THREAD, MessageReceived("2.1", ANA, "and"), event_ids=("m9",))
    beside = Writes().what(lambda keys, _, thread: [Command("SET", keys.files(thread), ("beside",))])
    h.with_next(beside, title="new")

    assert not await h.save_alone(Writes().run(b"[]"), effects=("e1", "e2"))
    assert h.state.effects == ("e1",)
    assert await effects.threads.run(THREAD) == b"{}"
    await h.save(writes=Writes())
    assert await effects.redis.get(effects.keys.files(THREAD)) == b"beside"
    assert (await effects.threads.load(THREAD)) == h.state == replace(h.state, title="new")


async def test_what_another_save_changed_meanwhile_stays(effects: Effects) -> None:
    h = await effects.handling()
    await effects.inbox.append(THREAD, MessageReceived("2.1", ANA, "and"), event_ids=("m9",))
    alone = asyncio.create_task(h.save_alone(Writes().run(b"[]"), effects=("e2",)))
    shown = asyncio.create_task(h.save(reply=Reply(h.claim.event_id, messages=("5.5",))))  # begun behind it
    await shown

    assert not await alone
    assert (h.state.effects, h.reply.messages) == ((), ("5.5",))
    assert await effects.threads.load(THREAD) == h.state


async def test_what_is_noted_while_two_writes_meet_is_on_record(
    effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    h = await effects.handling()
    gates = [asyncio.Event(), asyncio.Event()]
    written = [asyncio.Event(), asyncio.Event()]
    checkpoint, calls = Inbox.checkpoint, iter((0, 1))

    async def held_up(self: Inbox, claim: Claim, writes: Writes, **how: Any) -> None:
        at = next(calls, None)
        await checkpoint(self, claim, writes, **how)
        if at is not None:
            written[at].set()
            await gates[at].wait()

    monkeypatch.setattr(Inbox, "checkpoint", held_up)
    h.note(Deed.STARTED, tool="one")
    first = asyncio.create_task(h.save_beside(Writes()))
    await written[0].wait()
    h.note(Deed.STARTED, tool="two")
    second = asyncio.create_task(h.save_beside(Writes()))
    await written[1].wait()
    gates[0].set()
    await first
    h.note(Deed.EXECUTED, tool="one")
    gates[1].set()
    await second
    await h.save_beside(Writes())

    outbox = effects.keys.outbox(effects.keys.shard(THREAD))
    assert await effects.redis.hlen(outbox) == 3
