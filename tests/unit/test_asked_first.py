"""Words of before the first mention that come in behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.asked_first import came_before
from bot.domain.events import MessageReceived
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from tests.factories import ANA, OMAR, TEAM

THREAD = ThreadRef(TEAM, "C0SUPPORT1", "100.000000")
WORDS = MessageReceived(ts="200.000000", user=OMAR, text="it was $29", addressed=False)
ASKED = ThreadState(run_id="m1", authors=(ANA,), people=(ANA,), asked_first="300.000000")


@pytest.mark.parametrize(
    "state", [ThreadState(), ASKED], ids=["nothing was handled yet", "the mention was answered"]
)
def test_words_from_before_the_first_mention_are_read_with_it_alone(state: ThreadState) -> None:
    assert came_before(state, THREAD, WORDS, is_sure=True)


@pytest.mark.parametrize(
    ("state", "thread", "message", "is_sure"),
    [
        (ASKED, THREAD, replace(WORDS, ts="400.000000"), True),
        (ASKED, THREAD, replace(WORDS, addressed=True), True),
        (ThreadState(), THREAD, replace(WORDS, ts=THREAD.thread_ts), True),
        (ThreadState(), ThreadRef(TEAM, "D0ANA00001", "100.000000"), WORDS, True),
        (ThreadState(run_id="m1", authors=(ANA,)), THREAD, WORDS, True),
        (ThreadState(), THREAD, replace(WORDS, before=(ANA,)), True),
        (ThreadState(), THREAD, WORDS, False),
    ],
    ids=[
        "later",
        "to the bot",
        "begins it",
        "direct",
        "a thread of its own",
        "read from history",
        "perhaps forgotten",
    ],
)
def test_all_others_are_looked_at(
    state: ThreadState, thread: ThreadRef, message: MessageReceived, *, is_sure: bool
) -> None:
    assert not came_before(state, thread, message, is_sure=is_sure)
