"""When a person is told that it takes long, how long, and in what words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.background.answer_times import LAST, AnswerTimes
from bot.domain import sentences
from bot.domain.events import HomeOpened, MessageReceived
from bot.domain.long_wait import Foretold, Throughput, foretell
from bot.store.claim import Claim
from tests.factories import ANA, THREAD

NONE, PATIENCE = timedelta(0), timedelta(seconds=30)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_claim(number: int, event: HomeOpened | MessageReceived | None = None) -> Claim:
    return Claim(THREAD, "1", "x", f"e{number}", event or MessageReceived("1.1", ANA, "hi"), 1)


@pytest.mark.parametrize(
    ("ahead", "waited", "told"),
    [
        (0, 0.0, None),
        (39, 0.0, None),
        (40, 0.0, Foretold(seconds(30.75))),
        (159, 0.0, Foretold(seconds(120))),
        (0, 30.0, None),
        (0, 30.1, Foretold(None)),
        (159, 500.0, Foretold(seconds(120))),
        (0, -600.0, None),
    ],
)
def test_what_is_foretold_to_whom(ahead: int, waited: float, told: Foretold | None) -> None:
    assert foretell(ahead, seconds(waited), Throughput(8, seconds(6)), PATIENCE) == told


def test_no_moment_is_foretold_where_nobody_knows_how_long_an_answer_takes() -> None:
    assert foretell(1000, NONE, Throughput(8, None), PATIENCE) is None
    assert foretell(1000, seconds(31), Throughput(8, None), PATIENCE) == Foretold(None)
    assert Throughput(0, seconds(6)).wait(3) is None


@given(st.integers(0, 10_000), st.integers(1, 400), st.floats(0.1, 600))
def test_what_is_foretold_is_long_and_grows_with_the_line(ahead: int, slots: int, turn: float) -> None:
    throughput = Throughput(slots, seconds(turn))
    told, next_told = (foretell(place, NONE, throughput, PATIENCE) for place in (ahead, ahead + 1))

    if told is None:
        assert (throughput.wait(ahead) or NONE) <= PATIENCE
    else:
        assert next_told is not None
        assert PATIENCE < (told.wait or NONE) < (next_told.wait or NONE)


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (None, "as soon as I can"),
        (seconds(31), "in about a minute"),
        (seconds(60), "in about a minute"),
        (seconds(61), "in about 2 minutes"),
        (seconds(3600), "in about 60 minutes"),
        (seconds(3601), "more than an hour"),
    ],
)
def test_a_wait_in_words(wait: timedelta | None, said: str) -> None:
    assert said in sentences.long_wait(wait)
    assert sentences.long_wait(wait).startswith(sentences.MANY_ASK)


def test_an_answer_takes_what_the_last_ones_took_or_those_under_way_take_already() -> None:
    now = [0.0]
    times = AnswerTimes(lambda: now[0])
    assert times.mean() is None
    times.begin(a_claim(0))
    now[0] = 6.0
    assert times.mean() == seconds(6)
    times.end(a_claim(0))
    for number in (1, 2):
        times.begin(a_claim(number))
    now[0] = 8.0
    assert times.mean() == seconds(6)
    now[0] = 16.0
    assert times.mean() == seconds(10)

    times.end(a_claim(1))
    times.end(a_claim(2))
    for number in range(LAST):
        times.begin(a_claim(number))
        times.end(a_claim(number))
    assert times.mean() == NONE


def test_what_is_no_message_takes_no_time() -> None:
    times = AnswerTimes(lambda: 0.0)
    home = a_claim(1, HomeOpened(ANA))
    times.begin(home)
    times.end(home)

    assert times.mean() is None
