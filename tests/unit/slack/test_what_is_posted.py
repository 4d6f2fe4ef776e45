"""What is posted, one message after the other, is what the model wrote, in the same kinds of blocks."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bot.slack import limits
from bot.slack.cutting import cut, parts
from bot.slack.reply_blocks import Below, Steps, draw
from devkit.slack.block_rules import check_blocks
from tests.unit.slack import block_kit
from tests.unit.slack.documents import document
from tests.unit.slack.reader import read

#: Small ones, so that most documents are cut, and in many places.
LIMITS = [700, 1000, 1500]

seeds = st.integers(0, 2**48)


def posted(texts: Sequence[str]) -> list[str]:
    """The Markdown of the messages of a reply, each of which Slack would take."""
    messages = draw(texts, Steps(), below=Below())
    for message in messages:
        block_kit.check(message.blocks)
        check_blocks(message.blocks)
    found = [block["text"] for one in messages for block in one.blocks if block["type"] == "markdown"]
    assert len(found) == len(texts)
    return found


@settings(max_examples=2_000)
@given(seeds, st.sampled_from(LIMITS))
def test_what_is_posted_is_what_was_written(seed: int, limit: int) -> None:
    text = document(seed)
    note(text)
    shown = posted(parts(text, limit))

    assert all(0 < len(part) <= limit for part in shown)
    assert read(*shown) == read(text)


@settings(max_examples=200)
@given(seeds, st.lists(st.integers(1, 400), min_size=1, max_size=30), st.sampled_from(LIMITS))
def test_what_was_cut_while_it_grew_is_not_cut_anew(seed: int, steps: list[int], limit: int) -> None:
    text = document(seed)
    note(text)
    answer, end = cut("", limit, whole=False), 0
    for step in steps:
        end += step
        further = cut(text[:end], limit, answer, whole=False)
        assert further.parts[: len(answer.sealed)] == answer.sealed
        assert all(0 < len(part) <= limit for part in further.parts)
        answer = further
    whole = cut(text, limit, answer)

    assert whole.parts[: len(answer.sealed)] == answer.sealed
    assert read(*posted(whole.parts)) == read(text)


def test_there_is_enough_to_cut() -> None:
    """A property that is tried on what needs no cut proves nothing."""
    found = [parts(document(seed), LIMITS[0]) for seed in range(200)]

    assert sum(len(one) > 1 for one in found) > 80
    assert all(len(part) <= limits.REPLY_PART for one in found for part in one)


def test_a_reader_that_sees_nothing_would_be_no_judge() -> None:
    assert read("| a |\n|---|\n| b |", "| c |") != read("| a |\n|---|\n| b |\n| c |")
    assert read("```\na\n```", "`b`") != read("```\na\nb\n```")
    assert read("- a\n  - b") != read("- a\n- b")
    assert read("3. a", "3. b") != read("3. a\n4. b")
    assert read("a &lt; b `<`") == read("a < b `<`")
    assert read("| a |\n|---|\n| b |", "| a |\n|---|\n| c |") == read("| a |\n|---|\n| b |\n| c |")
