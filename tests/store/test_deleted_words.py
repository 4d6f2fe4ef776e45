"""A message that was read is deleted: what is stored of its words goes, all in one fenced script."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from bot.conversation.deleted_words import DeletedWords
from bot.conversation.handling import Handling
from bot.domain.errors import LeaseLost
from bot.domain.events import MessageReceived
from bot.domain.memory import Memory, fingerprint
from bot.domain.overheard import Said
from bot.domain.read_words import DELETED, Place
from bot.domain.run import Unanswered
from bot.store import client
from bot.store.words_read import reads
from bot.store.writes import Writes
from tests.factories import ANA, MEI, THREAD
from tests.redis_server import RedisServer
from tests.store.test_effects import Effects

#: What a model read of two messages: of Ana's (7.0), with what Mei had said (6.0).
TEXT = "[Sent]\n> Mei: the card ends in 4711\n\nrefund it please"
PLACES = (Place("6.0", 7, 35), Place("7.0", 37, 53))
ITEMS: list[Any] = [
    {"role": "user", "content": "[Sent]\nfirst"},
    {"role": "assistant", "content": "4711, I see"},
    {"role": "user", "content": [{"type": "input_text", "text": TEXT}]},
    {"role": "user", "content": f"{TEXT}!"},
]


@pytest.fixture
async def effects(redis_server: RedisServer) -> AsyncGenerator[Effects]:
    async with client.connect(redis_server.url) as redis:
        yield Effects(redis)


async def begun(effects: Effects, memory: Memory | None = None) -> Handling:
    """A thread whose run waits, with these items."""
    h = await effects.handling()
    await h.session.add_items(ITEMS)
    if memory is not None:
        h.session.remember(memory)
    run = json.dumps({"schema": 1, "state": {"input": [TEXT, "other"]}}).encode()
    await h.save(writes=Writes().run(run).what(reads(TEXT, PLACES)))
    h.session = effects.threads.session(THREAD, 1)
    return h


async def stored(effects: Effects) -> str:
    items = await effects.threads.conversations.items(THREAD, 0)
    return f"{items} {await effects.threads.run(THREAD)}"


async def test_the_words_go_from_conversation_and_run_and_nobody_elses_do(effects: Effects) -> None:
    h = await begun(effects)
    said = Said("6.0", MEI, "the card ends in 4711"), Said("5.0", MEI, "hm")
    again = Unanswered("m0", message=MessageReceived("6.0", ANA, "4711"))
    h.state = replace(h.state, overheard=said, recalled=said, failed=again)
    taker = DeletedWords(effects.threads)
    await taker.take_out(h, "6.0")
    await taker.take_out(h, "6.0")  # it was killed before the commit

    items = await h.session.get_items()
    anew = f"[Sent]\n{DELETED}\n\nrefund it please"
    assert items == [
        *ITEMS[:2],
        {"role": "user", "content": [{"type": "input_text", "text": anew}]},
        ITEMS[3],
    ]
    assert json.loads(await effects.threads.run(THREAD) or b"")["state"] == {"input": [anew, "other"]}
    assert (h.state.overheard, h.state.recalled, h.state.failed) == (said[1:], said[1:], None)
    await taker.take_out(h, "7.0")
    assert f"[Sent]\\n{DELETED}\\n\\n{DELETED}" in await stored(effects)
    known = await effects.threads.conversations.words(THREAD)
    assert [*known.values()] == [()]


@pytest.mark.parametrize("covered", [3, 1])
async def test_notes_that_may_tell_of_it_go_and_are_to_be_made_anew(effects: Effects, covered: int) -> None:
    memory = Memory("- a card 4711", covered, 3, fingerprint(ITEMS[2]), 1, (ANA, MEI))
    h = await begun(effects, memory)
    await DeletedWords(effects.threads).take_out(h, "6.0")
    found = await effects.threads.conversations.tail(THREAD, 1)

    assert found.memory is not None
    is_told = covered == 3
    assert (found.memory.notes, found.memory.covered) == (("", 0) if is_told else ("- a card 4711", 1))
    assert (found.memory.start, found.memory.authors, found.items) == (3, (ANA, MEI), ITEMS[3:])


async def test_nothing_of_it_is_written_by_a_worker_that_lost_the_thread(effects: Effects) -> None:
    h = await begun(effects)
    before = await stored(effects)
    late = replace(h.claim, fence="0")
    h.claim = late
    with pytest.raises(LeaseLost):
        await DeletedWords(effects.threads).take_out(h, "6.0")

    assert await stored(effects) == before


async def test_a_reset_forgets_whose_words_are_where(effects: Effects) -> None:
    h = await begun(effects)
    await h.save(writes=Writes().forget(keep_files=True))

    assert await effects.threads.conversations.words(THREAD) == {}
