"""The identity of a thread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.thread import ThreadRef

PART = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1)


@given(PART, PART, PART)
def test_a_thread_reads_back_from_its_text(team: str, channel: str, thread_ts: str) -> None:
    thread = ThreadRef(team, channel, thread_ts)

    assert ThreadRef.parse(str(thread)) == thread


@pytest.mark.parametrize("text", ["", "T1", "T1/C1", "T1//1.0", "T1/C1/1.0/x"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a thread"):
        ThreadRef.parse(text)


def test_the_same_ts_in_two_channels_is_two_threads() -> None:
    assert ThreadRef("T1", "C1", "1.000001") != ThreadRef("T1", "C2", "1.000001")


def test_a_direct_message_is_known_by_its_channel() -> None:
    assert ThreadRef("T1", "D1", "1.000001").is_direct
    assert not ThreadRef("T1", "C1", "1.000001").is_direct
