"""Answers by edits and by Slack's own streams: whatever goes wrong, they end as the model wrote them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.domain import click_answers
from bot.domain.errors import SlackUnavailable
from bot.slack import limits
from bot.slack.cutting import Answer, cut, parts
from bot.slack.reply import ReplyStream
from bot.slack.reply_mark import mark_of
from bot.slack.settled import settled
from devkit.slack.events import message_form
from devkit.slack.workspace import ANA, TEAM
from tests.unit.slack.clock import Clock
from tests.unit.slack.documents import document
from tests.unit.slack.streams import CHANGES, DOCUMENT, PROSE, Shown, finished

Trouble = Callable[[Shown, ReplyStream], Awaitable[None]]


async def nothing(shown: Shown, reply: ReplyStream) -> None:
    await shown.writes(reply, DOCUMENT)


async def rates(shown: Shown, reply: ReplyStream) -> None:
    shown.slack.refuses_every = 3
    await shown.writes(reply, DOCUMENT)


async def sealed(shown: Shown, reply: ReplyStream) -> None:
    shown.slack.streams.lives = 20.0
    await shown.writes(reply, DOCUMENT)


async def old(shown: Shown, reply: ReplyStream) -> None:
    await shown.writes(reply, DOCUMENT, each=4)


async def stopped(shown: Shown, reply: ReplyStream) -> None:
    await shown.writes(reply, DOCUMENT[:2000])
    for message in shown.messages:
        if shown.slack.streams.is_open(message):
            shown.slack.streams.stopped_by(message)
    await shown.writes(reply, DOCUMENT)


async def away(shown: Shown, reply: ReplyStream) -> None:
    await shown.writes(reply, DOCUMENT[:2000])
    shown.slack.away_until = shown.clock() + 120
    await shown.writes(reply, DOCUMENT)
    await shown.clock.advance(120)


async def lost(shown: Shown, reply: ReplyStream) -> None:
    await shown.writes(reply, DOCUMENT[:1000])
    shown.slack.loses += ["chat.appendStream", "chat.update"]
    await shown.writes(reply, DOCUMENT)


async def dead(shown: Shown, reply: ReplyStream) -> None:
    """The model dies in mid-sentence, and what is said then is shorter than what was shown."""
    await shown.writes(reply, DOCUMENT + "and then it")


@pytest.mark.parametrize("native", [False, True], ids=["edits", "native"])
@pytest.mark.parametrize("trouble", [nothing, rates, sealed, old, stopped, away, lost, dead])
async def test_an_answer_ends_as_the_model_wrote_it(clock: Clock, trouble: Trouble, native: bool) -> None:
    shown = Shown(clock, native=native)
    reply = shown.open()
    await clock.run(reply.start())
    await trouble(shown, reply)
    await finished(shown, reply, DOCUMENT)

    assert shown.texts() == parts(DOCUMENT, limits.REPLY_PART)
    assert shown.buttons() == []
    last = mark_of(message_form(shown.messages[-1], metadata=True))
    assert last is not None
    assert last.is_final
    assert not any(shown.slack.streams.is_open(message) for message in shown.messages)
    assert bool(shown.calls("chat.startStream")) is native
    print(f"{len(shown.calls())} calls, {shown.longest_gap():.1f} s the longest gap")


async def test_a_stream_shows_at_each_moment_a_beginning_of_what_the_model_wrote(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    whole = parts(DOCUMENT, limits.REPLY_PART)[0]
    seen = [""]
    for end in range(70, len(whole), 70):
        await shown.writes(reply, DOCUMENT[:end], by=end, each=1)
        seen.append(shown.texts()[0])
        assert whole.startswith(seen[-1])
        assert seen[-1].startswith(seen[-2])
    await reply.abandon()

    assert len(seen[-1]) > len(whole) * 0.9
    assert not shown.calls("chat.update")  # nothing had to be taken back


@pytest.mark.parametrize(
    ("text", "there_for_good"),
    [
        ("It says so", "It says "),
        ("It says `a < b", "It says "),
        ("It says `a < b` and more", "It says `a < b` and "),
        ("It says ``a ` b", "It says "),
        ("See [this](the", "See "),
        ("See [this] one", "See [this] "),
        ("Look ![a](b", "Look "),
        ("```py\nx < y\nz <", "```py\nx < y\n"),
        ("```py", ""),
        ("| a | b |\n|---|---|\n| 1 |", ""),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 |", "| a | b |\n|---|---|\n| 1 | 2 |\n"),
        ("- one\n- tw", "- one\n- "),
        ("One.\n\n    x <", "One.\n\n"),
    ],
)
def test_what_is_open_is_held(text: str, there_for_good: str) -> None:
    assert settled(cut(text, limits.REPLY_PART, whole=False)) == there_for_good


@pytest.mark.parametrize("seeds", [range(30), range(30, 60)], ids=str)
def test_what_is_settled_of_a_document_stays(seeds: range) -> None:
    for text in map(document, seeds):
        answer, shown = Answer(limits.REPLY_PART), ""
        for end in range(37, len(text), 37):
            answer = cut(text[:end], limits.REPLY_PART, answer, whole=False)
            shown = max(shown, settled(answer), key=len)
            assert (*answer.parts, "")[0].startswith(shown)
        assert parts(text, limits.REPLY_PART)[0].startswith(shown)
        assert len(shown) > len(text) * 0.3 or len(text) < 400


async def test_status_lines_are_tasks_and_end_as_lines(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    reply.note("Looking up INV-1003 …", key="1")
    reply.note("… two lines of a command", key="2")
    await clock.advance(3)
    assert shown.tasks() == [
        ("Thinking", "complete"),
        ("Looking up INV-1003", "in_progress"),
        ("… two lines of a command", "in_progress"),
    ]
    reply.note("Looking up INV-1003 ✗ not done", key="1")
    reply.note("", key="2")
    await clock.advance(3)
    assert shown.tasks()[1:] == [
        ("Looking up INV-1003 ✗ not done", "error"),
        ("… two lines of a command", "complete"),
    ]
    assert not shown.calls("chat.update")
    assert shown.buttons() == ["Stop"]

    await clock.run(reply.finish("It is open.", retry=True))
    (message,) = shown.messages
    assert [block["type"] for block in message.blocks or []] == ["context", "markdown", "actions"]
    assert shown.buttons() == ["Retry"]


@pytest.mark.parametrize("native", [False, True], ids=["edits", "native"])
async def test_the_next_worker_finds_a_stream_and_finishes_it(clock: Clock, native: bool) -> None:
    shown = Shown(clock, native=True)
    first = shown.open()
    await clock.run(first.start())
    await shown.writes(first, DOCUMENT[:3000])
    await first.abandon()  # as a process does that is killed: nothing more is heard of it
    (message,) = shown.messages
    mark = mark_of(message_form(message, metadata=True))
    assert mark is not None
    assert (mark.event_id, mark.part, mark.is_final) == (first.event_id, 0, False)

    shown.native = native
    second = shown.open()
    await clock.run(second.adopt())
    await clock.run(second.start())
    await shown.writes(second, DOCUMENT)
    await finished(shown, second, DOCUMENT)
    assert shown.texts() == parts(DOCUMENT, limits.REPLY_PART)


async def test_a_stream_whose_beginning_got_lost_is_found_and_not_begun_twice(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    shown.slack.loses.append("chat.startStream")
    reply = shown.open()
    with pytest.raises(SlackUnavailable):
        await clock.run(reply.start())
    await clock.run(reply.start())
    await finished(shown, reply, DOCUMENT[:1000])

    assert len(shown.messages) == len(shown.calls("chat.startStream")) == 1
    assert shown.texts() == parts(DOCUMENT[:1000], limits.REPLY_PART)


async def test_what_goes_on_otherwise_than_it_was_appended_is_edited(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    await shown.writes(reply, "The first try says this. ")
    await shown.writes(reply, "The second one says another thing. ")

    assert shown.texts() == ["The second one says another thing. "]
    assert [made.method for made in shown.calls(*CHANGES)] == ["chat.appendStream", "chat.update"]


async def test_an_append_whose_answer_got_lost_is_not_made_again(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    shown.slack.loses.append("chat.appendStream")
    await shown.writes(reply, PROSE[:2000])

    assert PROSE[:2000].replace("<", "&lt;").startswith(shown.texts()[0])
    assert len(shown.calls("chat.appendStream")) == 1


async def test_a_refusal_for_the_rate_leaves_the_stream_open(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    shown.slack.refuses_every = 2
    await shown.writes(reply, PROSE[:2000])
    await reply.abandon()

    assert not shown.calls("chat.update")
    assert PROSE[:2000].replace("<", "&lt;").startswith(shown.texts()[0])


async def test_a_stream_is_ended_before_slack_seals_it(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    await shown.writes(reply, PROSE, each=6)
    await reply.abandon()

    assert clock.now - 1000 > 300
    assert {made.error for made in shown.slack.made} == {""}
    assert len(shown.calls("chat.stopStream")) == 1


async def test_where_slack_has_no_streams_it_is_asked_once_and_replies_are_edited(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    shown.slack.streams.offered = False
    for _ in range(2):
        reply = shown.open()
        await clock.run(reply.start())
        await finished(shown, reply, "Fine.")

    assert [made.error for made in shown.slack.made if made.method == "chat.startStream"] == [
        "unknown_method"
    ]
    assert shown.texts() == ["Fine.", "Fine."]


async def test_somebody_of_another_workspace_is_answered_by_edits_and_the_next_one_by_a_stream(
    clock: Clock,
) -> None:
    shown = Shown(clock, native=True)
    shown.slack.workspace.people[ANA].team = "T0ELSEWHERE"
    reply = shown.open()
    await clock.run(reply.start())
    await finished(shown, reply, "Fine.")
    shown.slack.workspace.people[ANA].team = TEAM
    second = shown.open()
    await clock.run(second.start())

    assert shown.texts() == ["Fine.", ""]
    assert shown.slack.streams.is_open(shown.messages[1])


async def test_where_slack_takes_no_tasks_text_alone_is_streamed(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    shown.slack.streams.takes_tasks = False
    for _ in range(2):
        reply = shown.open()
        await clock.run(reply.start())
        reply.note("Looking up INV-1003", key="1")
        await shown.writes(reply, "Some words of it. " * 10)
        assert shown.slack.streams.is_open(shown.messages[-1])
        await finished(shown, reply, "Fine.")

    assert [made.error for made in shown.slack.made if made.method == "chat.startStream"] == [
        "invalid_chunks",
        "",
        "",
    ]


async def test_what_holds_a_link_is_posted_so_that_slack_fetches_nothing(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    text = "See the page about it: https://example.com/q?secret=1 and so on. " * 3
    await shown.writes(reply, text)
    assert not any(shown.slack.streams.is_open(message) for message in shown.messages)
    await finished(shown, reply, text)

    (message,) = shown.messages
    assert message.unfurl == (False, False)
    assert shown.texts() == parts(text, limits.REPLY_PART)


@pytest.mark.parametrize("streams_still", [True, False])
@pytest.mark.parametrize("was_edited", [True, False])
async def test_a_link_in_what_another_began_as_a_stream_is_posted_too(
    clock: Clock, *, was_edited: bool, streams_still: bool
) -> None:
    shown = Shown(clock, native=True)
    dead = shown.open()
    await clock.run(dead.start())
    await shown.writes(dead, "Some words of it. " * 10)
    if was_edited:
        await shown.writes(dead, "Some words, others. " * 10)
    await dead.abandon()
    shown.native = streams_still
    reply = shown.open()
    await clock.run(reply.adopt())
    text = "See https://example.com/q?secret=1 and so on. "
    await finished(shown, reply, text)

    (message,) = shown.messages
    assert message.unfurl == (False, False)
    assert shown.texts() == parts(text, limits.REPLY_PART)


async def test_a_text_that_draws_a_card_is_not_streamed(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    reply = shown.open()
    await clock.run(reply.start())
    await shown.writes(reply, "Some words.\n\nApproval needed: refund of 5 USD\n\nApprove Reject\n\n")

    assert any(click_answers.NOT_A_CARD in message.shown for message in shown.messages)
    assert shown.calls(*CHANGES)[-1].method == "chat.update"


async def test_above_the_rate_of_new_streams_a_reply_is_posted_at_once(clock: Clock) -> None:
    shown = Shown(clock, native=True)
    began = clock.now
    reply = shown.open()
    limiter = reply._limiter
    while await limiter.has_room("chat.startStream", ""):
        await limiter.urgent("chat.startStream")
    await clock.run(reply.start())

    assert clock.now == began
    assert [made.method for made in shown.slack.made] == ["chat.postMessage"]
