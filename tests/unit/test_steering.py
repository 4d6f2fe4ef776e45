"""Which message a run takes in while it works, and what a reply says of those that it took in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.conversation.steering import is_for_run
from bot.domain import sentences
from bot.domain.events import MessageReceived
from bot.domain.run import ThreadState
from bot.slack.reply_blocks import Steps
from bot.slack.reply_mark import ReplyMark, answered, taken_in

STATE = ThreadState(authors=("U0ANA00001",), reset_ts="100.0", gone=("150.0",))
SAID = MessageReceived("200.0", "U0THEO0001", "and in EUR", addressed=True)


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        (SAID, True),
        (replace(SAID, user="U0ANA00001", addressed=False), True),
        (replace(SAID, addressed=False), False),  # people talk to each other in the bot's threads
        (replace(SAID, text=""), False),
        (replace(SAID, ts="99.0"), False),
        (replace(SAID, ts="150.0"), False),
        (replace(SAID, continues="msg:C1:1.1"), False),
        (replace(SAID, text="", below="what I forward"), True),
    ],
)
def test_a_run_takes_in_what_is_said_to_the_bot_and_is_not_void(
    message: MessageReceived, taken: bool
) -> None:
    assert is_for_run(STATE, message) is taken


def message_of(mark: ReplyMark, *buttons: str) -> dict[str, Any]:
    elements = [{"action_id": button} for button in buttons]
    return {"ts": "300.1", "metadata": mark.metadata(), "blocks": [{"elements": elements}]}


def test_what_was_taken_in_is_answered_once_its_reply_is() -> None:
    under_way = ReplyMark("msg:C1:1.1", 0, is_final=False, also=("msg:C1:200.0",))
    done = replace(under_way, is_final=True)

    assert answered([message_of(under_way)]) == set()
    assert answered([message_of(done)]) == {"msg:C1:1.1", "msg:C1:200.0"}
    assert answered([message_of(done, "retry")]) == set()


def test_the_line_of_it_is_plain_text_whatever_was_written() -> None:
    steps = Steps()
    steps.note(sentences.taken_in("<!channel> *now*\n" + "x" * 500), key="e")
    (block,) = steps.blocks()

    assert block["elements"][0]["type"] == "plain_text"
    assert block["elements"][0]["text"].startswith("Taken in: <!channel> *now* x")
    assert len(block["elements"][0]["text"]) == 100
    assert sentences.taken_in(" \n") == f"Taken in: {sentences.NO_WORDS}"


def test_what_an_answer_took_in_is_known_of_its_last_word_alone() -> None:
    done = ReplyMark("retry:msg:C1:1.1:5.0", 0, is_final=True, also=("msg:C1:200.0",))
    asked = [message_of(replace(done, waits=True)), message_of(done, "retry")]
    under_way = message_of(replace(done, is_final=False))

    assert taken_in([message_of(done)], "msg:C1:1.1") == {"msg:C1:200.0"}
    assert [taken_in([one], "msg:C1:1.1") for one in (*asked, under_way)] == [set()] * 3
    assert taken_in([message_of(done)], "msg:C1:2.2") == set()
