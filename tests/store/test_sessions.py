"""The staged session: what the run sees, what is written, and that writing again changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.events import MessageReceived
from bot.store import client
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.sessions import StagedSession
from bot.store.threads import ThreadStore
from bot.store.writes import CHUNK, Writes
from tests.factories import ANA, THREAD
from tests.redis_server import RedisServer


def an_item(number: int) -> Any:
    """A message of the conversation."""
    return {"role": "user", "content": str(number)}


class Thread:
    """A claimed thread and its session."""

    def __init__(self, inbox: Inbox, threads: ThreadStore, claim: Claim) -> None:
        self._inbox = inbox
        self._threads = threads
        self._claim = claim

    def session(self) -> StagedSession:
        """The session as another worker would load it."""
        return self._threads.session(THREAD)

    async def writes(self, session: StagedSession, *, times: int = 1) -> None:
        """Checkpoint the session; more often than once as a client does that lost the answer."""
        for _ in range(times):
            await self._inbox.checkpoint(self._claim, Writes().session(session))
        session.mark_saved()

    async def stored(self) -> list[str]:
        """The contents of the items in Redis, all of them."""
        return [item["content"] for item in await self._threads.conversations.items(THREAD, 0)]

    async def has(self, *numbers: int) -> StagedSession:
        """A session with these items, all of them stored."""
        session = self.session()
        await session.add_items([an_item(number) for number in numbers])
        await self.writes(session)
        return session


@pytest.fixture
async def thread(redis_server: RedisServer) -> AsyncGenerator[Thread]:
    async with client.connect(redis_server.url) as redis:
        keys, sealer = Keys(f"t{secrets.token_hex(4)}", 2), Sealer([Fernet.generate_key().decode()])
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30))
        await inbox.append(THREAD, MessageReceived("1.000001", ANA, "hi"), event_ids=("m1",))
        claim = await inbox.claim(secrets.token_hex(4))
        assert isinstance(claim, Claim)
        yield Thread(inbox, ThreadStore(redis, keys, sealer), claim)


async def test_nothing_is_stored_before_it_is_written(thread: Thread) -> None:
    session = thread.session()
    await session.add_items([an_item(1)])

    assert await session.get_items() == [an_item(1)]
    assert await thread.stored() == []


async def test_a_checkpoint_sent_twice_stores_its_items_once(thread: Thread) -> None:
    session = await thread.has(1, 2)
    await session.add_items([an_item(3)])
    await thread.writes(session, times=3)

    assert await thread.stored() == ["1", "2", "3"]


async def test_a_checkpoint_sent_twice_takes_items_away_once(thread: Thread) -> None:
    session = await thread.has(1, 2, 3)
    assert await session.pop_item() == an_item(3)
    await session.add_items([an_item(4)])
    await thread.writes(session, times=2)

    assert await thread.stored() == ["1", "2", "4"]


async def test_items_added_without_reading_first_stand_behind_the_stored_ones(thread: Thread) -> None:
    await thread.has(1)
    session = thread.session()
    await session.add_items([an_item(2)])
    await thread.writes(session)

    assert await thread.stored() == ["1", "2"]


async def test_popping_goes_through_staged_items_into_stored_ones(thread: Thread) -> None:
    session = await thread.has(1)
    await session.add_items([an_item(2)])

    assert [await session.pop_item() for _ in range(3)] == [an_item(2), an_item(1), None]
    await thread.writes(session)
    assert await thread.stored() == []


async def test_a_cleared_session_holds_only_what_came_after(thread: Thread) -> None:
    session = await thread.has(1, 2)
    await session.clear_session()
    await session.add_items([an_item(3)])
    await thread.writes(session, times=2)

    assert await thread.stored() == ["3"]


@pytest.mark.parametrize("cleared", [True, False])
async def test_what_is_discarded_was_never_there(thread: Thread, cleared: bool) -> None:
    session = await thread.has(1, 2)
    if cleared:
        await session.clear_session()
    else:
        await session.pop_item()
    await session.add_items([an_item(3)])
    session.discard()
    await thread.writes(session)

    assert await session.get_items() == [an_item(1), an_item(2)]
    assert await thread.stored() == ["1", "2"]


async def test_a_session_goes_on_over_several_checkpoints(thread: Thread) -> None:
    session = thread.session()
    for number in range(5):
        await session.add_items([an_item(number)])
        await thread.writes(session, times=2)

    assert await thread.stored() == ["0", "1", "2", "3", "4"]


async def test_more_items_than_one_command_takes_keep_their_order(thread: Thread) -> None:
    numbers = range(2 * CHUNK + 7)
    await thread.has(*numbers)

    assert await thread.stored() == [str(number) for number in numbers]


@pytest.mark.parametrize(("limit", "numbers"), [(None, (1, 2, 3)), (2, (2, 3)), (9, (1, 2, 3)), (0, ())])
async def test_a_limit_asks_for_the_latest_items(
    thread: Thread, limit: int | None, numbers: tuple[int, ...]
) -> None:
    session = await thread.has(1, 2, 3)

    assert await session.get_items(limit) == [an_item(number) for number in numbers]


async def test_staged_items_are_never_written_over_a_session_that_was_not_read(thread: Thread) -> None:
    await thread.has(1)
    session = thread.session()
    session.staged = [an_item(2)]
    with pytest.raises(RuntimeError, match="was not read"):
        await thread.writes(session)

    assert await thread.stored() == ["1"]
