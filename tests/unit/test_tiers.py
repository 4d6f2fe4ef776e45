"""The rules by which a thread goes up to the frontier tier, and comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import tiers
from bot.domain.approvals.approval import Ending
from bot.domain.ends import FailureKind
from bot.domain.tiers import AS_USUAL, LOOP, Escalation, Sign, told

MOST = 3


def test_a_sign_moves_a_thread_up_for_a_number_of_answers_and_back() -> None:
    stands = [AS_USUAL.seeing(Sign.MALFORMED, MOST)]
    for _ in range(MOST):
        stands.append(stands[-1].after_answer())
    assert [(one.left, one.why) for one in stands] == [
        (3, Sign.MALFORMED),
        (2, Sign.MALFORMED),
        (1, Sign.MALFORMED),
        (0, None),
    ]


def test_nothing_prolongs_it_and_afterwards_the_next_sign_counts_again() -> None:
    up = AS_USUAL.seeing(Sign.TOLD_WRONG, MOST).after_answer()
    assert up.seeing(Sign.MALFORMED, MOST) == up
    back = up.after_answer().after_answer()
    assert back == AS_USUAL
    assert back.seeing(Sign.MALFORMED, MOST).left == MOST


@pytest.mark.parametrize(("sign", "most"), [(None, MOST), (Sign.MALFORMED, 0)])
def test_without_a_sign_or_where_it_is_switched_off_a_thread_stays(sign: Sign | None, most: int) -> None:
    assert AS_USUAL.seeing(sign, most) == AS_USUAL


@given(st.lists(st.one_of(st.sampled_from(Sign), st.none()), max_size=60), st.integers(0, 5))
def test_whatever_happens_at_most_so_many_answers_in_a_row_are_raised(
    signs: list[Sign | None], most: int
) -> None:
    stands, in_a_row = AS_USUAL, 0
    for sign in signs:
        was_up, stands = stands.is_raised, stands.seeing(sign, most)
        in_a_row = in_a_row + 1 if was_up else int(stands.is_raised)
        assert in_a_row <= most
        stands = stands.after_answer()


def test_steps_in_a_row_in_which_every_call_failed_are_a_loop() -> None:
    stands = AS_USUAL
    for _ in range(LOOP - 1):
        stands = stands.after_step([Ending.FAILED, Ending.FAILED]).after_step([])
        assert stands.loops is None
    assert stands.after_step([Ending.FAILED]).loops is Sign.TOOL_ERRORS
    assert stands.after_step([Ending.FAILED, Ending.DONE]).in_vain == 0
    assert stands.after_step([Ending.NOT_RUN]).in_vain == 0, "what people turned away is no failure"


def test_the_failures_that_count_are_the_models_own() -> None:
    assert set(tiers.FAILURES) == {FailureKind.MODEL_GARBLED, FailureKind.TOO_LONG}


@pytest.mark.parametrize(
    ("left", "with_this", "words"),
    [
        (3, True, "this answer and the next 2 answers here are"),
        (2, True, "this answer and the next answer here are"),
        (1, True, "so this answer here is"),
        (3, False, "so the next 3 answers here are"),
        (1, False, "so the next answer here is"),
    ],
)
def test_people_read_why_and_for_how_long(left: int, with_this: bool, words: str) -> None:
    said = told(Escalation(Sign.TOOL_ERRORS, left), with_this=with_this)
    assert said.startswith("The same step failed again and again, so ")
    assert words in said
    assert not {"tier", "frontier", "tool", "_"} & set(said.replace(",", " ").split())
