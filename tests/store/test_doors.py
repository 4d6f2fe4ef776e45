"""The doors by which something large comes in: with the worst that is legal, the event loop is not blocked."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import secrets
import tarfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from agents.sandbox import Manifest
from agents.sandbox.session.dependencies import Dependencies
from cryptography.fernet import Fernet

from bot.agents.guardrail import read_verdict
from bot.agents.tools.call_arguments import arguments_of
from bot.domain.events import MessageReceived
from bot.domain.run import ThreadState
from bot.sandbox.bridge import Bridge
from bot.sandbox.limits import MOST_RESTORED
from bot.slack import reply
from bot.slack.cutting import Answer
from bot.store import client
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.workspaces import Workspaces
from bot.store.writes import Writes
from devkit.bridge.server import BridgeServer
from tests.factories import ANA, THREAD
from tests.loop_cpu import MOST, LoopCpu
from tests.redis_server import RedisServer

#: Items of a long conversation, each as long as a command's output is for a model.
ITEMS = 1_000
ITEM = os.urandom(6_000).hex()
#: By how much the limit may be missed here: cold caches and shared cores cost processor time too.
MARGIN = 5.0


@asynccontextmanager
async def unblocked() -> AsyncGenerator[None]:
    """Raise `AssertionError` where the loop's thread works for long at a stretch.

    The collector of garbage pauses meanwhile: what it takes depends on the tests before.
    """
    gc.collect()
    gc.disable()
    try:
        async with LoopCpu() as loop:
            await asyncio.to_thread(gc.isenabled)  # what began before is over
            yield
    finally:
        gc.enable()
    assert loop.worst <= MOST * MARGIN, f"the loop was blocked: {loop.worst * 1000:.0f} ms of its processor"


class Store:
    """What a worker has of the store."""

    def __init__(self, inbox: Inbox, threads: ThreadStore, workspaces: Workspaces, claim: Claim) -> None:
        self.inbox, self.threads, self.workspaces, self.claim = inbox, threads, workspaces, claim

    async def save(self, writes: Writes) -> None:
        """Write under the lease."""
        await self.inbox.checkpoint(self.claim, writes)


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncGenerator[Store]:
    async with client.connect(redis_server.url) as redis:
        keys, sealer = Keys(secrets.token_hex(4), 2), Sealer([Fernet.generate_key().decode()])
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=1), lease=timedelta(seconds=30))
        event = MessageReceived(ts="1.1", user=ANA, text="hello")
        await inbox.append(THREAD, event, event_ids=("e1",), order="1.1")
        claim = await inbox.claim("w1")
        assert isinstance(claim, Claim)
        yield Store(inbox, ThreadStore(redis, keys, sealer), Workspaces(redis, keys, sealer), claim)


async def test_a_blocked_loop_is_noticed() -> None:
    async def block() -> None:
        until = time.thread_time() + 2 * MOST * MARGIN
        while time.thread_time() < until:
            json.dumps(ITEM)

    with pytest.raises(AssertionError, match="blocked"):
        async with unblocked():
            await block()


async def test_work_beside_the_loop_is_none_of_its() -> None:
    async with unblocked():
        await asyncio.to_thread(lambda: json.loads(json.dumps([0] * 3_000_000)))


async def test_a_long_conversation(store: Store) -> None:
    session = store.threads.session(THREAD)
    await session.add_items([{"role": "user", "content": ITEM} for _ in range(ITEMS)])
    async with unblocked():
        await store.save(Writes().session(session))
    async with unblocked():
        found = await store.threads.conversations.items(THREAD, 0)

    assert len(found) == ITEMS


async def test_a_large_run(store: Store) -> None:
    snapshot = json.dumps({"items": [ITEM] * 500}).encode()
    async with unblocked():
        await store.save(Writes().run(snapshot))
    async with unblocked():
        assert await store.threads.run(THREAD) == snapshot


async def test_a_large_state(store: Store) -> None:
    async with unblocked():
        await store.save(Writes().state(ThreadState(title="t", authors=(ANA,) * 1_000)))
        await store.threads.load(THREAD)


@pytest.mark.parametrize("archive", [os.urandom(MOST_RESTORED), bytes(MOST_RESTORED)])
async def test_a_large_workspace(store: Store, archive: bytes) -> None:
    async with unblocked():
        await store.save(Writes().workspace(await store.workspaces.stage(THREAD, archive)))
    async with unblocked():
        assert await store.workspaces.load(THREAD) == archive


@pytest.fixture
def many_members() -> bytes:
    """An archive with as many members as can be."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for number in range(60_000):
            tar.addfile(tarfile.TarInfo(f"out/{number}"))
    return packed.getvalue()


async def test_a_sandbox_with_all_it_may_hold(tmp_path: Path, many_members: bytes) -> None:
    bridge = BridgeServer(tmp_path)
    await bridge.start()
    async with aiohttp.ClientSession() as http:
        host = Bridge(http, url=bridge.url, api_key=bridge.api_key)
        made = host.client(Dependencies())
        session = await made.create(manifest=Manifest(), options=host.options)
        await session.start()
        async with unblocked():
            await session.hydrate_workspace(io.BytesIO(many_members))
        async with unblocked():
            with await session.persist_workspace() as packed:
                assert len(packed.read()) > 1_000_000
        large = io.BytesIO(os.urandom(20_000_000))
        async with unblocked():
            await session.write(Path("in/large.bin"), large)
        async with unblocked():
            await session.exec("head -c 3000000 /dev/zero", timeout=30)
        await made.delete(session)
    await bridge.stop()


WORST = {
    "code": "`<` " * 50_000,
    "images": "![a](" * 40_000,
    "fences": "```\n" * 50_000,
    "angles": "<" * 200_000,
    "links": "[a](http://b.example/c) " * 8_000,
    "brackets": "[" * 200_000,
    "definitions": "[a]: http://x.y\n" * 12_000,
}


@pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())
@pytest.mark.parametrize("length", [reply.LONG, 200_000])
async def test_an_answer(text: str, length: int) -> None:
    async with unblocked():
        assert (await reply.cut_aside(text[:length], 11_000, Answer(11_000))).parts


@pytest.mark.parametrize(
    "answer",
    ['{"label": "ok"}' * 100_000, "{" * 2_000_000, '{"a":' * 400_000, '{"label": "' + "o" * 5_000_000 + '"}'],
)
async def test_an_answer_of_the_classifier(answer: str) -> None:
    async with unblocked():
        with pytest.raises((ValueError, RecursionError)):
            read_verdict(answer)


@pytest.mark.parametrize("arguments", ["[" * 1_000_000, '{"a": [' + "0," * 1_000_000 + "0]}"])
async def test_the_arguments_of_a_call(arguments: str) -> None:
    async with unblocked():
        assert arguments_of(arguments)
