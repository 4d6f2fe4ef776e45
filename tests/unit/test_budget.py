"""Budgets: what there is room for, what is asked for, and that what is agreed to is what was shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.budget import (
    GO_ON,
    UP_TO,
    Limits,
    Payer,
    Scope,
    Standing,
    agreed,
    asked,
    exactly,
    money,
    near,
)

D = Decimal
AMOUNTS = st.decimals("0.000001", "1000000", places=6)


def of_run(*, spent: str = "0", held: str = "0", limit: str = "0.40", step: str = "0.40") -> Standing:
    return Standing(Scope.RUN, D(step), D(limit), D(spent), D(held))


def test_what_is_held_takes_room_and_the_last_cent_may_be_spent() -> None:
    assert of_run(spent="0.30", held="0.05").has_room(D("0.05"))
    assert not of_run(spent="0.30", held="0.05").has_room(D("0.050001"))


@pytest.mark.parametrize(
    ("stands", "most", "up_to"),
    [
        (of_run(spent="0.42"), "0.10", "0.80"),
        (of_run(spent="0.40"), "0.40", "0.80"),
        (of_run(spent="0.40"), "0.41", "1.20"),
        (of_run(limit="0.80", spent="0.79"), "0.02", "1.20"),
        (of_run(limit="0.01", step="0.01"), "0.0314", "0.04"),
        (of_run(spent="0.1", held="0.25"), "0.1", "0.80"),
    ],
)
def test_a_budget_is_raised_by_whole_steps_to_where_the_request_fits(
    stands: Standing, most: str, up_to: str
) -> None:
    assert stands.up_to(D(most)) == D(up_to)


def test_a_card_says_what_it_has_cost_what_comes_and_what_to_agree_to() -> None:
    assert of_run(spent="0.42").why(D("0.1")) == (
        "This answer has cost 0.42 USD; the next step may cost up to 0.10 USD, and the limit for one answer is "
        "0.40 USD. Go on up to 0.80 USD?"
    )
    day = Standing(Scope.ALL, D(5), D(10), D("9.999"), D("0.0123"))
    assert day.why(D("0.02")) == (
        "What everybody asked for today has cost 10.00 USD, up to 0.0123 USD more is under way or was never told; "
        "the next step may cost up to 0.02 USD, and the limit for everybody a day is 10.00 USD. Go on up to 15.00 USD?"
    )
    assert near(day) == "More than 80 % of the budget for everybody a day, 10.00 USD, is used."


@given(spent=AMOUNTS, limit=AMOUNTS, most=AMOUNTS)
def test_what_is_agreed_to_is_what_was_shown_and_leaves_room(spent: D, limit: D, most: D) -> None:
    stands = [Standing(scope, limit, limit, spent) for scope in Scope]
    short = tuple(one for one in stands if not one.has_room(most))
    read = agreed(asked(short, most, "2026-11-27"))
    assert set(read) == {one.scope for one in short}
    for one in short:
        assert read[one.scope] == one.up_to(most)
        assert spent + most <= read[one.scope]
        assert exactly(read[one.scope]) in one.why(most)


def test_only_limits_of_a_day_name_one() -> None:
    day = Standing(Scope.PERSON, D(1), D(1), D(1))
    assert asked((of_run(spent="1"),), D(1), "2026-11-27") == {UP_TO[Scope.RUN]: "2.00 USD"}
    assert asked((day,), D(1), "2026-11-27") == {UP_TO[Scope.PERSON]: "2.00 USD", "on": "2026-11-27"}
    assert agreed({"amount": "5.00 USD", "on": "2026-11-27"}) == {}


def test_unset_budgets_are_none_and_everybody_s_is_nobody_s() -> None:
    assert Limits().by_scope() == {}
    assert Limits(person=D(2), all=D(5)).by_scope() == {Scope.PERSON: D(2), Scope.ALL: D(5)}
    payer = Payer("T1", "C1", "U1", "r1")
    assert [payer.name(scope) for scope in Scope] == ["r1", "U1", "C1", ""]
    assert ":" in GO_ON  # which no tool's name has


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "0.00 USD"),
        ("0.00001", "less than 0.0001 USD"),
        ("0.0123456", "0.0123 USD"),
        ("1234.567", "1,234.57 USD"),
    ],
)
def test_money_is_said_as_exactly_as_people_care(amount: str, said: str) -> None:
    assert money(D(amount)) == said
