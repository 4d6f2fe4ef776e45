from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.recent_thread import NAMED, RecentThread
from bot.domain.thread import ThreadRef
from bot.slack import actions
from bot.slack.reset_picker import (
    BUSY,
    Wanted,
    below_question,
    lost_with,
    question,
    reset_picker,
    row,
    wanted,
)
from tests.factories import an_approval
from tests.unit.slack import block_kit
from tests.unit.slack.test_cards import of_kind


def test_the_picker_lists_threads_with_a_button_each() -> None:
    thread = ThreadRef("T0ACME0001", "C0SUPPORT1", "1795435200.000100")
    link = "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100"
    picker = reset_picker(
        [
            RecentThread(thread, "refund <!channel> *now*", link),
            RecentThread(ThreadRef("T", "C", "2.0"), "", "https://acme.slack.com/a|b>"),
        ]
    )

    block_kit.check(picker.blocks)
    assert wanted(actions.unpack(picker.blocks[1]["accessory"]) or "") == Wanted(thread, (), False)
    assert "confirm" not in picker.blocks[1]["accessory"]
    assert "refund <!channel> *now*" in of_kind(picker, "plain_text")
    assert "Untitled thread" in of_kind(picker, "plain_text")
    assert of_kind(picker, "mrkdwn") == (
        "<https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100|Open>\n"
        "<https://acme.slack.com/a%7Cb&gt;|Open>"
    )


def test_the_picker_never_lists_more_than_a_message_holds() -> None:
    picker = reset_picker(
        [RecentThread(ThreadRef("T", "C", f"{n}.0"), "title", "https://acme.test") for n in range(80)]
    )

    block_kit.check(picker.blocks)


def test_a_button_names_what_goes_with_its_thread_and_asks_before_it_counts() -> None:
    waiting = tuple(replace(an_approval(), id=f"00-{n:016x}") for n in range(NAMED + 5))
    thread = RecentThread(ThreadRef("T", "D1", "dm"), "t", "https://acme.test", waiting, is_busy=True)
    button = row(thread)["accessory"]

    block_kit.check([row(thread)])
    assert wanted(actions.unpack(button) or "").named == tuple(one.id for one in waiting[:NAMED])
    assert button["confirm"]["text"]["text"] == lost_with(thread)[:300]
    assert lost_with(thread).endswith(f"; {NAMED + 2} more. {BUSY}")
    assert question(waiting[:1]).count(";") == 0


def test_the_button_in_the_thread_keeps_the_files_where_that_was_said() -> None:
    thread = ThreadRef("T", "C", "1.0")
    (block,) = below_question(thread, ["00-1", "00-2"], keeps_files=True)

    assert wanted(actions.unpack(block["elements"][0]) or "") == Wanted(thread, ("00-1", "00-2"), True)
    assert wanted("T/C/1.0") == Wanted(thread, (), False)  # of an earlier release
    with pytest.raises(ValueError, match="not a thread"):
        wanted("T/C 00-1")
