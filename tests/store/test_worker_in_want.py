"""A worker whose machine gives it too little: its events are another's, unless they ask for too much themselves."""

from __future__ import annotations

import errno

import pytest

from bot.background import backoff, starvation
from bot.background.worker import MAX_TRIES
from tests.redis_server import RedisServer
from tests.store.at_work import DRAIN, Failing, at_work


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starvation, "BEAT", 0.01)
    monkeypatch.setattr(starvation, "PAUSE", 0.0)
    monkeypatch.setattr(starvation, "FRESH", 0.0)
    monkeypatch.setattr(backoff, "FIRST", 0.01)


async def ended(redis_server: RedisServer, conversation: Failing) -> str:
    """Let a worker have one event; returns how that ended."""
    async with at_work(redis_server, conversation) as made:
        how = await conversation.ended.get()
        await made.worker.drain(DRAIN)
        return how


async def test_an_event_that_fails_for_want_of_files_is_tried_for_as_long_as_that_lasts(
    redis_server: RedisServer,
) -> None:
    conversation = Failing(OSError(errno.EMFILE, "Too many open files"), MAX_TRIES * 2)

    assert await ended(redis_server, conversation) == "answered"
    assert set(conversation.tries[1:]) == {2}  # each that was handed over is forgiven


async def test_an_event_that_takes_more_memory_than_there_is_is_put_aside_in_the_end(
    redis_server: RedisServer,
) -> None:
    conversation = Failing(MemoryError(), MAX_TRIES * 2)

    assert await ended(redis_server, conversation) == "put aside"
    assert conversation.tries == [*range(1, MAX_TRIES + 1)]
