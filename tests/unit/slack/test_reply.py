from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import LeaseLost, SlackRejected, SlackUnavailable
from bot.domain.events import ResetRequested, ResetVia, reset_id
from bot.slack import actions, limits, reply
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.markdown import safe
from bot.slack.reply import ReplyStream
from bot.slack.reply_mark import ReplyMark, resets
from bot.slack.reply_messages import ReplyMessages
from tests.unit.slack import block_kit
from tests.unit.slack.clock import Clock, settle
from tests.unit.slack.workspace import ME, Fault, Workspace

CHANNEL, ROOT, EVENT = "C0SUPPORT1", "1795435200.000100", "msg:C0SUPPORT1:1795435200.000100"
LONG = "\n\n".join(f"Paragraph {number}. " + "word " * 200 for number in range(30))


class Replies:
    """Opens streams on one workspace, as one worker after the other would."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.workspace = Workspace(clock)
        self.told: list[tuple[str, ...]] = []
        #: What each thread showed when a reply said that its first words were there.
        self.first_words: list[str] = []
        self.limiter = Limiter(clock=clock, sleep=clock.wait)
        self.slack = Slack(self.workspace, self.limiter, me=ME)

    def open(self, *messages: str, event_id: str = EVENT) -> ReplyStream:
        async def tell(messages: tuple[str, ...]) -> None:
            self.told.append(messages)

        parts = ReplyMessages(
            self.slack,
            self.limiter,
            channel=CHANNEL,
            thread_ts=ROOT,
            event_id=event_id,
            messages=messages,
            on_message=tell,
        )
        return ReplyStream(parts, self.limiter, lambda: self.first_words.append(self.said()))

    def said(self) -> str:
        return "".join(self.workspace.shown())

    def buttons(self) -> list[dict[str, Any]]:
        """Every button of the thread, in order."""
        blocks = [block for message in self.workspace.messages.values() for block in message["blocks"]]
        return [element for b in blocks if b["type"] == "actions" for element in b["elements"]]

    def lines(self) -> list[str]:
        """The status lines of the thread, in order."""
        blocks = [block for message in self.workspace.messages.values() for block in message["blocks"]]
        return [text for b in blocks if b["type"] == "context" for text in block_kit.texts([b])]


@pytest.fixture
def replies(clock: Clock) -> Replies:
    return Replies(clock)


async def test_the_first_words_are_told_of_once_and_only_when_they_are_there(replies: Replies) -> None:
    stream = replies.open()
    await stream.start("Reading …")
    stream.note("Looking up INV-1003")
    await replies.clock.advance(2)
    assert replies.first_words == []

    for text in ("The", "The invoice", "The invoice is open."):
        stream.show(text)
        await replies.clock.advance(2)
    await replies.clock.run(stream.finish("The invoice is open."))

    assert len(replies.first_words) == 1
    assert "The" in replies.first_words[0]
    await replies.clock.run(replies.open(event_id="msg:other").finish("", own="Not now."))
    assert len(replies.first_words) == 2


async def test_a_reply_begins_with_one_message_that_can_be_stopped(replies: Replies) -> None:
    stream = replies.open()
    await stream.start("Reading …")

    (ts,) = replies.workspace.messages
    assert stream.messages == (ts,)
    assert replies.told == [(ts,)]
    assert replies.lines() == ["Reading …"]
    (button,) = replies.buttons()
    assert (button["action_id"], actions.unpack(button)) == ("stop", EVENT)
    (call,) = replies.workspace.calls
    assert call.arguments["thread_ts"] == ROOT
    assert call.arguments["metadata"] == {
        "event_type": "countersign_reply",
        "event_payload": {"event_id": EVENT, "part": 0, "final": False},
    }


async def test_starting_twice_posts_once(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    await stream.start()

    assert len(replies.workspace.calls) == 1


async def test_text_grows_in_one_message_by_at_most_one_edit_a_second(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    text = ""
    for number in range(100):
        text += f"word{number} "
        stream.show(text)
        await replies.clock.advance(0.1)
    await replies.clock.run(stream.finish(text))

    edits = [call.at for call in replies.workspace.made("chat.update")]
    assert 9 <= len(edits) <= 12
    assert all(after - before >= 0.999 for before, after in itertools.pairwise(edits))
    assert replies.workspace.shown() == [text]
    assert replies.buttons() == []


async def test_a_short_answer_ends_at_once_though_its_first_words_were_just_shown(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    stream.show("Certainly")
    await settle()
    assert len(replies.workspace.made("chat.update")) == 1
    began = replies.clock.now
    await replies.clock.run(stream.finish("Certainly, it was paid."))

    assert replies.clock.now == began
    assert replies.workspace.shown() == ["Certainly, it was paid."]


async def test_showing_text_never_waits_for_slack(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    replies.workspace.hold = asyncio.Event()
    for number in range(50):
        stream.show("x" * number)
        await settle()
    replies.workspace.hold.set()
    await replies.clock.run(stream.finish("done"))

    assert len(replies.workspace.made("chat.update")) == 2
    assert replies.said() == "done"


async def test_the_final_text_waits_for_an_edit_under_way(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    replies.workspace.hold = asyncio.Event()
    stream.show("half")
    await settle()
    finishing = asyncio.create_task(stream.finish("whole"))
    await settle()
    assert len(replies.workspace.made("chat.update")) == 1
    replies.workspace.hold.set()
    await replies.clock.advance(1)
    await finishing

    assert replies.said() == "whole"


async def test_an_abandoned_stream_says_nothing_more(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    stream.show("a")
    await replies.clock.advance(0.1)
    stream.show("ab")
    await stream.abandon()
    stream.show("abc")
    await replies.clock.advance(60)

    assert replies.said() == "a"


async def test_a_long_answer_goes_on_in_further_messages(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    for end in range(0, len(LONG), 4000):
        stream.show(LONG[:end])
        await replies.clock.advance(1)
    assert len(replies.buttons()) == 1, "one Stop, in the last message"
    await replies.clock.run(stream.finish(LONG))

    assert len(replies.workspace.messages) == 4
    assert replies.said() == LONG
    assert replies.told[-1] == stream.messages == tuple(replies.workspace.messages)
    assert replies.buttons() == []


async def test_messages_that_are_not_needed_any_more_are_deleted(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    stream.show(LONG)
    await replies.clock.advance(10)
    assert len(replies.workspace.messages) == 4
    stream.show("Short after all.")
    await replies.clock.advance(10)
    assert replies.workspace.shown() == ["Short after all.", "", "", ""]
    await replies.clock.run(stream.finish("Short after all."))

    assert replies.workspace.shown() == ["Short after all."]
    assert replies.told[-1] == tuple(replies.workspace.messages)


async def test_tool_calls_show_as_one_status_line_each(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    stream.note("get_invoice …", key="call_1")
    stream.note("→ Billing")
    await replies.clock.advance(1)
    assert replies.lines() == ["get_invoice …", "→ Billing", reply.THINKING]
    stream.note("get_invoice ✓", key="call_1")
    await replies.clock.run(stream.finish("done"))

    assert replies.lines() == ["get_invoice ✓", "→ Billing"]


async def test_a_status_line_is_plain(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    stream.note("docker run a:100:b <!here> *x*")
    stream.note("x" * 99 + "e\u0301")
    await replies.clock.run(stream.finish("done"))

    (message,) = replies.workspace.messages.values()
    shown = [
        element for block in message["blocks"] if block["type"] == "context" for element in block["elements"]
    ]
    assert [(one["type"], one["emoji"]) for one in shown] == [("plain_text", False)] * 2
    assert replies.lines() == ["docker run a:100:b <!here> *x*", "x" * 99]


async def test_many_status_lines_are_counted(replies: Replies) -> None:
    stream = replies.open()
    for number in range(40):
        stream.note(f"step {number}")
    await replies.clock.run(stream.finish("done"))

    assert replies.lines()[0] == "… 32 earlier steps"
    assert replies.lines()[-1] == "step 39"
    assert len(replies.lines()) == 9


async def test_a_failure_can_be_retried(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    await replies.clock.run(stream.finish("", own="I could not answer, <@U0ANA00001>.", retry=True))

    (message,) = replies.workspace.messages.values()
    (button,) = replies.buttons()
    assert (button["action_id"], actions.unpack(button)) == ("retry", EVENT)
    assert message["text"] == "I could not answer, <@U0ANA00001>."
    assert {"type": "mrkdwn", "text": message["text"]} in [b.get("text") for b in message["blocks"]]


async def test_the_bots_own_words_stand_below_the_models(replies: Replies) -> None:
    await replies.clock.run(replies.open().finish("A model's <!here>.", own="Ask <#C0FINANCE1>."))

    (message,) = replies.workspace.messages.values()
    assert [block["type"] for block in message["blocks"]] == ["markdown", "section"]
    assert replies.said() == "A model's &lt;!here>."


@pytest.mark.parametrize("text", ["", " \n"])
async def test_an_empty_answer_is_said_to_be_empty(replies: Replies, text: str) -> None:
    await replies.clock.run(replies.open().finish(text))

    assert replies.said() == reply.NOTHING_SAID


async def test_finishing_again_adds_nothing(replies: Replies) -> None:
    stream = replies.open()
    await replies.clock.run(stream.finish(LONG))
    calls = len(replies.workspace.calls)
    await replies.clock.run(stream.finish(LONG))
    assert len(replies.workspace.calls) == calls

    await replies.clock.run(replies.open(*stream.messages).finish(LONG))
    assert replies.said() == LONG


async def test_another_worker_goes_on_in_the_same_messages(replies: Replies) -> None:
    first = replies.open()
    await first.start()
    first.show(LONG)
    await replies.clock.advance(10)
    await first.abandon()
    assert len(replies.told[-1]) == 1, "the further messages were not noted"

    second = replies.open(*replies.told[-1])
    await second.adopt()
    await second.start()
    second.show("So far")
    await replies.clock.advance(5)
    await replies.clock.run(second.finish("The end."))

    assert replies.workspace.shown() == ["The end."]


async def test_messages_of_another_reply_are_not_adopted(replies: Replies) -> None:
    await replies.clock.run(replies.open(event_id="msg:other").finish("other"))
    stream = replies.open()
    await stream.adopt()

    assert stream.messages == ()
    assert replies.told == [tuple(replies.workspace.messages)]


async def test_a_message_that_was_deleted_is_replaced_in_order(replies: Replies) -> None:
    stream = replies.open()
    await replies.clock.run(stream.finish(LONG))
    del replies.workspace.messages[stream.messages[1]]
    again = replies.open(*stream.messages)
    await replies.clock.run(again.finish(LONG + "!"))

    assert replies.said() == LONG + "!"
    assert again.messages == tuple(replies.workspace.messages)


async def test_when_the_preview_is_refused_the_final_text_still_comes(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    replies.workspace.fail("chat.update", Fault(error="message_not_found"))
    stream.show("half")
    await replies.clock.advance(5)
    stream.show("more")
    await replies.clock.advance(5)
    assert len(replies.workspace.made("chat.update")) == 1
    await replies.clock.run(stream.finish("whole"))

    assert replies.said() == "whole"


async def test_edits_wait_out_what_slack_asks_for_and_lose_nothing(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    replies.workspace.fail("chat.update", Fault(status=429, retry_after="30"))
    for number in range(60):
        stream.show("word " * number)
        await replies.clock.advance(1)
    edits = [call.at for call in replies.workspace.made("chat.update")]
    assert edits[1] - edits[0] >= 30
    await replies.clock.run(stream.finish("whole"))

    assert replies.said() == "whole"


async def test_a_reply_that_slack_does_not_take_now_is_finished_later(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    replies.workspace.fail("chat.update", Fault(status=429, retry_after="30"))
    with pytest.raises(SlackUnavailable) as error:
        await replies.clock.run(stream.finish("whole"))
    await replies.clock.advance(error.value.retry_after)
    await replies.clock.run(replies.open(*stream.messages).finish("whole"))

    assert replies.said() == "whole"


async def test_a_message_whose_ts_was_lost_is_found_and_not_posted_twice(replies: Replies) -> None:
    stream = replies.open()
    replies.workspace.fail("chat.postMessage", Fault(raises=TimeoutError(), applied=True))
    with pytest.raises(SlackUnavailable):
        await stream.start()
    await replies.clock.run(stream.finish("whole"))

    assert replies.workspace.shown() == ["whole"]
    assert replies.told == [tuple(replies.workspace.messages)]


async def test_a_continuation_whose_ts_was_lost_is_found_too(replies: Replies) -> None:
    stream = replies.open()
    await stream.start()
    replies.workspace.fail("chat.postMessage", Fault(raises=TimeoutError(), applied=True))
    stream.show(LONG)
    await replies.clock.advance(20)
    assert len(replies.workspace.messages) == 4
    await replies.clock.run(stream.finish(LONG))

    assert replies.said() == LONG


@pytest.mark.parametrize("code", ["msg_too_long", "msg_blocks_too_long", "invalid_blocks"])
async def test_a_text_that_slack_finds_too_long_is_cut_smaller(replies: Replies, code: str) -> None:
    stream = replies.open()
    replies.workspace.fail("chat.postMessage", Fault(error=code))
    await replies.clock.run(stream.finish(LONG))

    assert replies.said() == LONG
    assert len(replies.workspace.messages) > 4


@pytest.mark.parametrize("code", ["msg_too_long", "is_archived"])
async def test_what_slack_refuses_for_good_is_raised(replies: Replies, code: str) -> None:
    replies.workspace.fail("chat.postMessage", Fault(error=code), times=5)

    with pytest.raises(SlackRejected) as error:
        await replies.clock.run(replies.open().finish("whole"))
    assert error.value.code == code


async def test_a_message_that_may_not_be_deleted_does_not_stop_the_reply(replies: Replies) -> None:
    stream = replies.open()
    await replies.clock.run(stream.finish(LONG))
    replies.workspace.fail("chat.delete", Fault(error="cant_delete_message"), times=5)
    await replies.clock.run(stream.finish("Short."))

    assert replies.workspace.shown()[0] == "Short."


async def test_a_lost_lease_ends_the_reply(replies: Replies) -> None:
    async def tell(messages: tuple[str, ...]) -> None:
        raise LeaseLost

    messages = ReplyMessages(
        replies.slack,
        replies.limiter,
        channel=CHANNEL,
        thread_ts=ROOT,
        event_id=EVENT,
        on_message=tell,
    )
    stream = ReplyStream(messages, replies.limiter)
    with pytest.raises(LeaseLost):
        await stream.start()


@given(
    st.lists(
        st.sampled_from(["word " * 900, "\n\n", "```py\n", "```\n", "<!here> ", "| a | b |\n"]), max_size=30
    )
)
def test_whatever_the_text_the_last_edit_shows_all_of_it(chunks: list[str]) -> None:
    text = "".join(chunks)

    async def stream_it() -> list[str]:
        replies = Replies(Clock())
        stream = replies.open()
        await stream.start()
        for end in range(len(chunks)):
            stream.show("".join(chunks[:end]))
            await replies.clock.advance(0.3)
        await replies.clock.run(stream.finish(text))
        return replies.workspace.shown()

    shown = asyncio.run(stream_it())
    assert all(len(part) <= limits.REPLY_PART for part in shown)
    if text.strip():
        added = "".join(shown).replace("```py\n", "").replace("```", "").split()
        assert added == safe(text).replace("```py\n", "").replace("```", "").split()


@pytest.mark.parametrize("via", ResetVia)
def test_an_answer_to_a_reset_says_all_that_it_takes_to_make_it_again(via: ResetVia) -> None:
    ids = (EVENT, reset_id("U0ANA00001", via, "1795435200.000200"), "reset:1795435200.000300:U0ANA00001")
    own = [{"metadata": ReplyMark(one, 0, is_final=True).metadata()} for one in ids]

    assert resets(own) == (ResetRequested("U0ANA00001", via, "1795435200.000200"),)


async def test_what_comes_while_the_first_message_is_on_its_way_posts_no_second_one(replies: Replies) -> None:
    replies.limiter.pause("chat.postMessage", 5, CHANNEL)
    stream = replies.open()
    starting = asyncio.create_task(stream.start())
    await settle()
    assert not starting.done()
    stream.hint("1 message waits.", key="next")
    await settle()
    await replies.clock.advance(30)
    await starting
    await replies.clock.run(stream.finish("Done."))

    assert len(replies.workspace.made("chat.postMessage")) == 1
    assert replies.workspace.made("chat.delete") == []
