"""What is said where a model's answer does not end whole."""

from __future__ import annotations

import pytest

from bot.domain import model_ends
from bot.domain.ends import ModelEnd
from bot.domain.run import Failed, FailureKind


def test_every_end_has_its_words_and_none_is_of_the_machine() -> None:
    for end in ModelEnd:
        said = model_ends.failed(Failed(FailureKind.MODEL_UNREACHABLE, "ref-1", end=end))

        assert said.endswith("(reference `ref-1`)")
        assert "finish_reason" not in said
    assert model_ends.failed(Failed(FailureKind.INTERNAL, "ref-1")) == ""


@pytest.mark.parametrize(
    ("end", "text", "remembered"),
    [
        (ModelEnd.LENGTH, "One, two", "One, two"),
        (ModelEnd.LENGTH, " ", "[cut off before the first word, as it was longer than allowed]"),
        (ModelEnd.FILTER, "One, two", "One, two [the rest was held back by a content filter]"),
    ],
)
def test_a_model_remembers_what_it_said_and_never_nothing(end: ModelEnd, text: str, remembered: str) -> None:
    assert model_ends.remembered(end, text) == remembered


def test_a_wait_is_told_in_minutes_where_it_is_long_and_fits_a_status_line() -> None:
    assert model_ends.slow(8).endswith("within 8 seconds.")
    assert model_ends.slow(120).endswith("within 2 minutes.")
    assert max(map(len, (model_ends.slow(3600), model_ends.read_next(99)))) <= 100
    assert model_ends.read_next(1).startswith("Your next message is noted")
