"""Which conversation a message of a direct message belongs to: under each setting, and over an upgrade."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.events import MessageReceived, message_id
from bot.domain.roster import Register, Replica
from bot.domain.thread import DirectMemory, ThreadRef
from bot.handlers.places import Places
from bot.slack.click import Click
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from tests.factories import ANA, SUPPORT, TEAM
from tests.redis_server import RedisServer

DM, TS, LATER = "D0ANA00001", "1795435200.000100", "1795435300.000200"
RUNNING, OWN = ThreadRef.running(TEAM, DM), ThreadRef(TEAM, DM, TS)


def roster_of(*runs_on: bool) -> Callable[[], Awaitable[Register]]:
    async def read() -> Register:
        living = (Replica(str(n), "host", 4, TEAM, "U0", "p", runs_on=one) for n, one in enumerate(runs_on))
        return Register(1, None, tuple(living))

    return read


@asynccontextmanager
async def an_inbox(server: RedisServer) -> AsyncGenerator[Inbox]:
    keys, sealer = Keys(f"t{secrets.token_hex(4)}", 4), Sealer([Fernet.generate_key().decode()])
    async with client.connect(server.url) as redis:
        yield Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30))


async def heard(inbox: Inbox, thread: ThreadRef) -> None:
    message = MessageReceived(TS, ANA, "hi")
    await inbox.append(thread, message, event_ids=(message_id(thread.channel, TS),), order=TS)


@pytest.mark.parametrize(
    ("memory", "replicas", "expected"),
    [
        ("conversation", (True, True), RUNNING),
        ("conversation", (True, False), OWN),  # the release before could not answer there
        ("thread", (True, True), OWN),
    ],
)
async def test_what_is_said_at_the_top_runs_on_where_the_setting_and_all_replicas_have_it_so(
    redis_server: RedisServer, memory: DirectMemory, replicas: Any, expected: ThreadRef
) -> None:
    async with an_inbox(redis_server) as inbox:
        places = Places(TEAM, inbox, memory, roster_of(*replicas))

        assert await places.of_message(OWN, TS) == expected
        assert await places.of_message(OWN, LATER) == OWN  # a thread in it is its own
        channel = ThreadRef(TEAM, SUPPORT, TS)
        assert await places.of_message(channel, TS) == channel


@pytest.mark.parametrize(("memory", "known"), [("conversation", OWN), ("thread", RUNNING)])
async def test_what_was_taken_in_before_under_another_setting_or_release_is_not_answered_anew(
    redis_server: RedisServer, memory: DirectMemory, known: ThreadRef
) -> None:
    async with an_inbox(redis_server) as inbox:
        await heard(inbox, known)

        assert await Places(TEAM, inbox, memory).of_message(OWN, TS) == known


async def test_buttons_at_the_top_of_a_direct_message_are_of_its_running_conversation(
    redis_server: RedisServer,
) -> None:
    async with an_inbox(redis_server) as inbox:
        places = Places(TEAM, inbox, "thread")

        def of(channel: str, thread_ts: str, message_ts: str) -> ThreadRef:
            return places.of_click(Click(ANA, channel, thread_ts, LATER, message_ts))

        assert of(DM, TS, TS) == RUNNING
        assert of(DM, TS, LATER) == OWN
        assert of(SUPPORT, TS, TS) == ThreadRef(TEAM, SUPPORT, TS)


def test_what_is_said_in_a_running_conversation_stands_at_the_top() -> None:
    assert (RUNNING.root, RUNNING.is_running, RUNNING.is_direct) == (None, True, True)
    assert (OWN.root, OWN.is_running) == (TS, False)
    assert not ThreadRef(TEAM, SUPPORT, "dm").is_running
    assert ThreadRef.parse(str(RUNNING)) == RUNNING
