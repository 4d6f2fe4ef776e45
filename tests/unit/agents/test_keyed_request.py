"""What the answers to a request under an idempotency key settle, for every order in which they may come."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.teams.support.keyed_request import (
    ENDS,
    LOOKS,
    PATIENCE,
    TRIES,
    Answer,
    Heard,
    Next,
    Step,
    after,
    begin,
    called_off,
)

MADE, NOTHING = Answer(Heard.MADE), Answer(Heard.NOTHING)
NEVER_SEEN, IN_WORK = Answer(Heard.NEVER_SEEN), Answer(Heard.IN_WORK)
NO = Answer(Heard.REFUSED, "No.")
#: More requests than any try may take.
MANY = 40
waits = st.none() | st.floats(0, 2 * PATIENCE)
of_send = st.sampled_from([Heard.MADE, Heard.OTHER, Heard.REFUSED, Heard.NOT_NOW, Heard.NOTHING])
of_look_up = st.sampled_from(list(Heard))


def answers(heard: st.SearchStrategy[Heard]) -> st.SearchStrategy[Answer]:
    return st.builds(Answer, heard, st.just("why"), waits, st.booleans())


def follow(step: Step, *told: Answer) -> Step:
    for answer in told:
        assert step.next not in ENDS
        step = after(step, answer)
    return step


@settings(max_examples=400)
@given(st.data())
def test_only_the_service_s_word_on_the_key_says_that_what_went_unanswered_was_not_made(
    data: st.DataObject,
) -> None:
    unanswered = data.draw(st.booleans(), "sent before")
    step = begin(sent_before=unanswered)
    waited, asked, last, looked = 0.0, 0, NOTHING, False
    while step.next not in ENDS and asked < MANY:
        if step.pause and data.draw(st.booleans(), "called off"):
            step = called_off(step)
            assert step.next is Next.LOOK_UP
        waited += step.pause
        looked = step.next is Next.LOOK_UP
        last = data.draw(answers(of_look_up if looked else of_send))
        unanswered |= last.heard is (Heard.IN_WORK if looked else Heard.NOTHING)
        unanswered |= not looked and last.heard is Heard.REFUSED and last.knows_key
        step, asked = after(step, last), asked + 1

    assert step.next in ENDS
    assert asked < MANY
    assert waited <= PATIENCE
    assert (step.next is Next.MADE) == (last.heard is Heard.MADE)
    if step.next is Next.NOT_MADE:
        assert looked
        assert not unanswered or last.heard is Heard.NEVER_SEEN
    if step.next is Next.UNKNOWN:
        assert unanswered or last.heard is Heard.OTHER


@pytest.mark.parametrize("sent_before", [True, False])
def test_the_first_answer_that_it_was_made_is_the_end(sent_before: bool) -> None:
    assert follow(begin(sent_before=sent_before), MADE).next is Next.MADE


@pytest.mark.parametrize(
    ("looked_up", "end"),
    [
        (MADE, Next.MADE),
        (NEVER_SEEN, Next.NOT_MADE),
        (NO, Next.UNKNOWN),
        (Answer(Heard.OTHER), Next.UNKNOWN),
    ],
)
@pytest.mark.parametrize("sent_before", [True, False])
def test_a_refused_repetition_is_settled_by_the_key_alone(
    sent_before: bool, looked_up: Answer, end: Next
) -> None:
    told = (NO,) if sent_before else (NOTHING, NO)
    step = follow(begin(sent_before=sent_before), *told, looked_up)

    assert step.next is end
    assert step.known.why == "No."


@pytest.mark.parametrize("looked_up", [NO, NOTHING, NEVER_SEEN, Answer(Heard.NOT_NOW, wait=1.0)])
def test_a_first_refusal_stands_whatever_the_look_up_says_but_that_it_was_made(looked_up: Answer) -> None:
    step = follow(begin(sent_before=False), NO, looked_up)

    assert (step.next, step.known.why) == (Next.NOT_MADE, "No.")
    assert follow(begin(sent_before=False), NO, MADE).next is Next.MADE


@pytest.mark.parametrize("looked_up", [NO, NOTHING])
def test_a_refusal_that_knows_the_key_shows_that_it_was_sent_before(looked_up: Answer) -> None:
    knowing = Answer(Heard.REFUSED, "No.", knows_key=True)
    step = follow(begin(sent_before=False), knowing, *[looked_up] * (1 if looked_up is NO else TRIES))

    assert step.next is Next.UNKNOWN


@pytest.mark.parametrize(("answer", "most"), [(NOTHING, TRIES), (IN_WORK, LOOKS)])
def test_a_look_up_that_settles_nothing_is_repeated_so_often(answer: Answer, most: int) -> None:
    step = follow(begin(sent_before=True), *[NOTHING] * TRIES, *[answer] * (most - 1))
    assert step.next is Next.LOOK_UP

    assert follow(step, answer).next is Next.UNKNOWN


def test_a_busy_service_is_given_the_time_it_asks_for() -> None:
    step = follow(begin(sent_before=False), Answer(Heard.NOT_NOW, "Busy.", 7.0))
    assert (step.next, step.pause) == (Next.SEND, 7.0)

    assert follow(step, MADE).next is Next.MADE


@pytest.mark.parametrize("wait", [PATIENCE + 1, 1e9])
def test_a_busy_service_that_asks_for_too_much_is_not_waited_for(wait: float) -> None:
    step = follow(begin(sent_before=False), Answer(Heard.NOT_NOW, "Busy.", wait))
    assert step.next is Next.LOOK_UP

    end = follow(step, Answer(Heard.NOT_NOW, wait=wait))
    assert (end.next, end.known.why) == (Next.NOT_MADE, "Busy.")


def test_a_service_that_stays_busy_is_asked_a_bounded_number_of_times() -> None:
    step = begin(sent_before=False)
    asked = 0
    while step.next is Next.SEND:
        step, asked = after(step, Answer(Heard.NOT_NOW, "Busy.", 0.0)), asked + 1

    assert TRIES < asked < MANY


def test_called_off_it_looks_once_more_and_sends_nothing() -> None:
    busy = called_off(follow(begin(sent_before=False), Answer(Heard.NOT_NOW, "Busy.", 5.0)))
    silent = called_off(follow(begin(sent_before=False), NOTHING))

    assert follow(busy, NOTHING).next is Next.NOT_MADE
    assert follow(silent, NOTHING).next is Next.UNKNOWN
    assert follow(silent, MADE).next is Next.MADE
