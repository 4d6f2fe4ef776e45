"""Policies as tables: a call in, who must agree out. No Slack, no Redis."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.approvals.condition import ALWAYS, Call, Condition, asked_by, asked_in, one_of, over
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.requirement import Requirement, Severity, strictest
from countersign.teams.support.refunds import refunds_over
from tests.factories import NOON

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def a_call(requester: str = "U0ANA00001", channel: str = "C0SUPPORT1", **arguments: Any) -> Call:
    return Call("issue_refund", {"amount": "29.00"} | arguments, requester, channel, earlier=(), now=NOON)


def asked(policy: Policy, call: Call) -> list[tuple[int, str]]:
    return [(one.quorum, one.role) for one in policy.requirements(call)]


LEDGER = Policy(
    ask("finance", when=over("amount", 20)),
    ask("finance", when=over("amount", 10_000), quorum=2, severity=Severity.HIGH),
    ask("legal", when=over("amount", 10_000) & ~asked_in("C0LEGAL001")),
    ask("security", when=one_of("currency", "XBT", "ETH") | asked_by("U0NEW00001")),
)


@pytest.mark.parametrize(
    ("call", "people"),
    [
        (a_call(amount="19.99"), []),
        (a_call(amount="20.00"), []),
        (a_call(amount="20.01"), [(1, "finance")]),
        (a_call(amount=20.01), [(1, "finance")]),
        (a_call(amount="10000"), [(1, "finance")]),
        (a_call(amount="10000.01"), [(2, "finance"), (1, "legal")]),
        (a_call(amount="10000.01", channel="C0LEGAL001"), [(2, "finance")]),
        (a_call(amount="1", currency="XBT"), [(1, "security")]),
        (a_call(amount="1", currency="USD", requester="U0NEW00001"), [(1, "security")]),
        (a_call(amount="90000", currency="ETH"), [(2, "finance"), (1, "legal"), (1, "security")]),
    ],
    ids=lambda value: (
        f"{value.arguments} {value.channel} {value.requester}" if isinstance(value, Call) else ""
    ),
)
def test_the_arguments_the_requester_and_the_channel_decide_who_is_asked(
    call: Call, people: list[tuple[int, str]]
) -> None:
    call = Call(call.tool, {"currency": "USD"} | dict(call.arguments), call.requester, call.channel)

    assert asked(LEDGER, call) == people


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "abc",
        "-5",
        "0",
        "NaN",
        "Infinity",
        "1e999999999",
        None,
        True,
        [5],
        {"value": 5},
        "5 USD",
        "٥\u202e",
    ],
    ids=repr,
)
def test_an_amount_that_cannot_be_judged_needs_everybody_it_could_need(amount: object) -> None:
    found = asked(LEDGER, a_call(amount=amount, currency="USD"))

    assert (2, "finance") in found or amount == "٥\u202e"
    assert found != []


def test_an_argument_that_is_missing_needs_a_person() -> None:
    assert asked(Policy(ask("finance", when=over("total", 5))), a_call()) == [(1, "finance")]


def test_a_condition_that_raises_never_means_go_on_not_even_when_it_is_turned_around() -> None:
    def fails(call: Call) -> bool:
        raise RuntimeError

    broken = Condition("broken", fails)
    for condition in (broken, ~broken, broken & over("amount", 10**9), broken | over("amount", 10**9)):
        assert asked(Policy(ask("finance", when=condition)), a_call()) == [(1, "finance")]


@pytest.mark.parametrize(
    "hidden_behind", [over("amount", 10**9), ~over("amount", 1)], ids=["false first", "false too"]
)
def test_what_cannot_be_told_is_not_hidden_behind_what_is_false(hidden_behind: Condition) -> None:
    policy = Policy(ask("finance", when=hidden_behind & over("nothing", 1)))

    assert asked(policy, a_call()) == [(1, "finance")]


def test_rules_of_one_role_become_the_strictest_of_each_term() -> None:
    merged = strictest(
        [
            Requirement("finance", "A.", 1, 3 * DAY, 4 * HOUR, "owners", DAY, Severity.LOW),
            Requirement("finance", "B.", 2, None, HOUR, severity=Severity.HIGH),
            Requirement("finance", "A.", 1, 2 * DAY),
        ]
    )

    assert merged == (Requirement("finance", "B. A.", 2, 2 * DAY, HOUR, "owners", DAY, Severity.HIGH),)


def test_two_policies_add_up_and_allow_only_what_both_allow() -> None:
    money = Policy(ask("finance"), editable=("amount", "reason"), rest_of_run=True)
    law = Policy(ask("legal"), editable=("reason",), reason_required=True)
    both = money + law

    assert asked(both, a_call()) == [(1, "finance"), (1, "legal")]
    assert (both.editable, both.rest_of_run, both.reason_required) == (("reason",), None, True)


def test_a_rule_without_a_reason_says_its_condition() -> None:
    assert ask("finance", when=over("amount", 10_000)).requirement.why == "Amount over 10,000."
    assert ask("finance").requirement.why == "Always."
    assert ALWAYS.holds(a_call())


@pytest.mark.parametrize(
    "terms",
    [
        {"quorum": 0},
        {"expires_after": timedelta(0)},
        {"remind_after": -HOUR},
        {"expires_after": HOUR, "escalate_after": HOUR, "escalate_to": "owners"},
        {"escalate_after": HOUR},
    ],
    ids=lambda terms: ", ".join(terms),
)
def test_terms_that_cannot_be_met_are_refused_when_the_tool_is_written(terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"quorum|times|escalation"):
        ask("finance", **terms)


def test_a_policy_without_rules_must_say_who_is_asked_when_a_call_breaks_off() -> None:
    with pytest.raises(ValueError, match="breaks off"):
        Policy()

    assert Policy(unknown_to="finance").requirements(a_call()) == ()


def test_every_role_that_may_be_turned_to_is_known() -> None:
    assert Policy(ask("finance", escalate_to="owners"), unknown_to="ops").roles() == {
        "finance",
        "owners",
        "ops",
    }


@pytest.mark.parametrize(
    ("amount", "people"),
    [("20.00", []), ("20.01", [(1, "finance")]), ("10000.01", [(2, "finance")])],
    ids=["small", "middle", "large"],
)
def test_refunds_need_one_and_then_two_of_finance(amount: str, people: list[tuple[int, str]]) -> None:
    policy = refunds_over(Decimal("20.00"), two_over=Decimal(10_000))

    assert asked(policy, a_call(amount=amount)) == people


def test_the_most_people_are_asked_for_whichever_of_the_rules_weighs_most() -> None:
    grave = Requirement("finance", "Grave.", quorum=1, severity=Severity.HIGH, remind_after=HOUR)
    many = Requirement("finance", "Many.", quorum=3, severity=Severity.LOW, expires_after=DAY)

    for pair in ((grave, many), (many, grave)):
        (merged,) = strictest(pair)
        assert (merged.quorum, merged.severity) == (3, Severity.HIGH)
        assert (merged.remind_after, merged.expires_after) == (HOUR, DAY)
