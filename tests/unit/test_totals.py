"""Conditions on who asks, on sums and on counts, as tables with a clock that stands still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals.asker import Asker, Kind
from bot.domain.approvals.condition import (
    GUESTS,
    MEMBERS,
    STRANGERS,
    Call,
    Condition,
    asked_by,
    over,
)
from bot.domain.approvals.earlier import EarlierCall
from bot.domain.approvals.policy import Holds, Policy, ask
from bot.domain.approvals.totals import count, total
from tests.factories import ANA, MEI, NOON, OMAR, SUPPORT

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def one(ago: timedelta, amount: str = "20.00", **more: Any) -> EarlierCall:
    """A call that Ana made some time ago on INV-1003."""
    fields: dict[str, Any] = {"by": ANA, "invoice_id": "INV-1003", "currency": "USD", "is_open": False} | more
    by, is_open = fields.pop("by"), fields.pop("is_open")
    return EarlierCall(f"{ago} {amount} {more}", NOON - ago, by, {"amount": amount, **fields}, is_open)


def a_call(earlier: Sequence[EarlierCall] | None = (), **more: Any) -> Call:
    given = {"invoice_id": "INV-1003", "amount": "20.00", "currency": "USD"} | more
    return Call("pay", given, ANA, SUPPORT, Asker(Kind.MEMBER), earlier, NOON)


def judged(condition: Condition, call: Call) -> Holds:
    return ask("finance", when=condition).judge(call)


YES, NO, UNTOLD = Holds.YES, Holds.NO, Holds.UNTOLD
PER_INVOICE = total("amount", per="invoice_id", days=30, over=100)
RATES = {"USD": 1, "EUR": "1.1", "JPY": "0.0066"}
IN_DOLLARS = total("amount", per="requester", days=1, over=100, rates=RATES)


@pytest.mark.parametrize(
    ("condition", "call", "holds"),
    [
        (PER_INVOICE, a_call(), NO),
        (PER_INVOICE, a_call(amount="100.00"), NO),
        (PER_INVOICE, a_call(amount="100.01"), YES),
        (PER_INVOICE, a_call([one(DAY * n) for n in (1, 2, 3, 4)]), NO),
        (PER_INVOICE, a_call([one(DAY * n) for n in (1, 2, 3, 4, 5)]), YES),
        (PER_INVOICE, a_call([one(DAY, "80.01")]), YES),
        (PER_INVOICE, a_call([one(30 * DAY - MINUTE, "90.00")]), YES),
        (PER_INVOICE, a_call([one(30 * DAY, "90.00")]), NO),
        (PER_INVOICE, a_call([one(DAY, "90.00", invoice_id="INV-1004")]), NO),
        (PER_INVOICE, a_call([one(DAY, "90.00", by=MEI)]), YES),
        (PER_INVOICE, a_call([one(31 * DAY, "90.00", is_open=True)]), NO),
        (PER_INVOICE, a_call([one(6 * DAY, "90.00", is_open=True)]), YES),
        (PER_INVOICE, a_call([one(DAY, "5.00", currency="EUR")]), UNTOLD),
        (PER_INVOICE, a_call([one(DAY, "abc")]), UNTOLD),
        (PER_INVOICE, a_call(amount="1e1"), UNTOLD),
        (PER_INVOICE, a_call(None), UNTOLD),
        (PER_INVOICE & over("amount", 1), a_call(None), UNTOLD),
        (~PER_INVOICE, a_call(None), UNTOLD),
        (total("amount", days=1, over=100), a_call([one(HOUR, "90.00", by=MEI, invoice_id="x")]), YES),
        (
            total("amount", days=1, over="0.3"),
            a_call([one(HOUR, "0.1"), one(MINUTE, "0.1")], amount="0.1"),
            NO,
        ),
        (
            total("amount", days=1, over="900000000000000000.5"),
            a_call([one(HOUR, "900000000000000000")], amount="0.500000000000000001"),
            YES,
        ),
        (IN_DOLLARS, a_call([one(HOUR, "72.00", currency="EUR")]), NO),
        (IN_DOLLARS, a_call([one(HOUR, "72.73", currency="EUR")]), YES),
        (IN_DOLLARS, a_call([one(HOUR, "90.00", currency="EUR", by=MEI)]), NO),
        (IN_DOLLARS, a_call(amount="15000", currency="JPY"), NO),
        (IN_DOLLARS, a_call(currency="CHF"), UNTOLD),
        (IN_DOLLARS, a_call([one(HOUR, "1.00", currency="CHF")]), UNTOLD),
        (over("amount", 20, rates=RATES), a_call(amount="19.00", currency="EUR"), YES),
        (over("amount", 20, rates=RATES), a_call(amount="18.18", currency="EUR"), NO),
        (over("amount", 20, rates=RATES), a_call(amount="1.00", currency="GBP"), UNTOLD),
        (over("amount", 20, rates=RATES), a_call(amount="1.00", currency=None), UNTOLD),
        (count(per="requester", hours=1, over=5), a_call([one(MINUTE * n) for n in range(1, 5)]), NO),
        (count(per="requester", hours=1, over=5), a_call([one(MINUTE * n) for n in range(1, 6)]), YES),
        (count(per="requester", hours=1, over=5), a_call([one(MINUTE * n, by=MEI) for n in range(1, 6)]), NO),
        (count(per="requester", hours=1, over=1), a_call([one(HOUR)]), NO),
        (count(per="invoice_id", minutes=30, over=1), a_call([one(29 * MINUTE, by=MEI)]), YES),
        (count(days=1, over=0), a_call(), YES),
        (count(days=1, over=1), a_call(None), UNTOLD),
    ],
)
def test_sums_and_counts_hold_for_what_was_before_and_the_call_itself(
    condition: Condition, call: Call, holds: Holds
) -> None:
    assert judged(condition, call) is holds


def asker(kind: Kind, *groups: str, requester: str = ANA) -> Call:
    return Call("pay", {}, requester, SUPPORT, Asker(kind, frozenset(groups)))


@pytest.mark.parametrize(
    ("condition", "call", "holds"),
    [
        *(
            (MEMBERS, asker(kind), YES if kind is Kind.MEMBER else NO)
            for kind in Kind
            if kind != Kind.UNKNOWN
        ),
        *((GUESTS, asker(kind), YES if kind is Kind.GUEST else NO) for kind in Kind if kind != Kind.UNKNOWN),
        (STRANGERS, asker(Kind.STRANGER), YES),
        (STRANGERS, asker(Kind.MEMBER), NO),
        (MEMBERS | GUESTS, asker(Kind.GUEST), YES),
        (MEMBERS | GUESTS, asker(Kind.STRANGER), NO),
        (MEMBERS | GUESTS | STRANGERS, asker(Kind.NOBODY), NO),
        (MEMBERS, asker(Kind.UNKNOWN), UNTOLD),
        (~GUESTS, asker(Kind.UNKNOWN), UNTOLD),
        (asked_by("S0FINANCE1"), asker(Kind.MEMBER, "S0FINANCE1"), YES),
        (asked_by("S0FINANCE1"), asker(Kind.MEMBER, "S0OTHER001"), NO),
        (asked_by("S0FINANCE1"), asker(Kind.UNKNOWN), UNTOLD),
        (asked_by("S0FINANCE1", OMAR), asker(Kind.UNKNOWN, requester=OMAR), YES),
        (asked_by(OMAR), asker(Kind.UNKNOWN), NO),
    ],
)
def test_who_asks_is_what_slack_says_they_are(condition: Condition, call: Call, holds: Holds) -> None:
    assert judged(condition, call) is holds


@pytest.mark.parametrize("kind", Kind)
def test_by_default_members_may_ask_and_nobody_else(kind: Kind) -> None:
    admitted = Policy(ask("finance")).admits(asker(kind))

    assert (admitted is YES) == (kind is Kind.MEMBER)


def test_a_policy_knows_what_it_has_to_be_told() -> None:
    policy = Policy(
        ask("finance", when=PER_INVOICE & ~asked_by("S0A0000001")), may_ask=asked_by("S0B0000001")
    )

    assert policy.groups == {"S0A0000001", "S0B0000001"}
    assert {(look.per, look.window) for look in policy.looks} == {("invoice_id", 30 * DAY)}
    both = policy + Policy(ask("legal", when=count(hours=2, over=1)))
    assert len(both.looks) == 2
    assert both.admits(asker(Kind.MEMBER)) is NO


@pytest.mark.parametrize(
    ("condition", "call", "words"),
    [
        (
            PER_INVOICE,
            a_call([one(DAY, "80.00")]),
            "More than 100 USD through “Pay” on INV-1003 within 30 days (80.00 USD so far).",
        ),
        (
            total("amount", per="invoice_id", days=30, over=100, of="refunds"),
            a_call(None),
            "More than 100 USD of refunds on INV-1003 within 30 days cannot be ruled out.",
        ),
        (
            count(per="requester", hours=1, over=5),
            a_call([one(MINUTE)]),
            "“Pay” more than 5 times by one person within an hour (1 so far).",
        ),
        (
            count(per="requester", hours=1, over=2, of="refunds"),
            replace(a_call(), title="Give money back"),
            "More than 2 refunds by one person within an hour.",
        ),
        (
            count(per="invoice_id", minutes=1, over=1, of="refunds"),
            a_call([one(timedelta(0))]),
            "More than one of the refunds on INV-1003 within a minute (1 so far).",
        ),
        (count(days=1, over=0, of="refunds"), a_call(), "Any refunds in all within a day."),
        (
            count(minutes=90, over=1),
            replace(a_call(), title="Give money back"),
            "“Give money back” more than once in all within 90 minutes.",
        ),
        (
            total("amount", days=2, over=100, of="refunds"),
            a_call(),
            "More than 100 USD of refunds in all within 2 days.",
        ),
        (
            total("amount", minutes=90, over="5.50") & over("amount", 1),
            a_call(),
            "More than 5.50 USD through “Pay” in all within 90 minutes and amount over 1.",
        ),
        (
            IN_DOLLARS,
            a_call([one(MINUTE, "90.00", currency="EUR")], currency="EUR"),
            "More than 100 USD through “Pay” by one person within a day (99.00 USD so far).",
        ),
        (
            total("amount", days=1, over=100, rates={"EUR": 2}),
            a_call(currency="EUR"),
            "More than 100 through “Pay” in all within a day.",
        ),
        (
            PER_INVOICE,
            a_call(currency="<!channel>"),
            "More than 100 through “Pay” on INV-1003 within 30 days.",
        ),
        (PER_INVOICE, a_call((), invoice_id="x y" * 30), None),
    ],
)
def test_the_card_says_what_there_is_so_far(condition: Condition, call: Call, words: str | None) -> None:
    said = ask("finance", when=condition).of(call).why

    assert said == words if words else len(said) < 120


def test_the_reason_that_a_policy_gives_stands_on_the_card_as_it_is() -> None:
    assert ask("finance", when=PER_INVOICE, why="Much.").of(a_call()).why == "Much."


def test_a_condition_whose_words_fail_asks_all_the_same() -> None:
    def fails(call: Call) -> str:
        raise RuntimeError

    condition = Condition("odd", lambda call: True, says=fails)

    assert [one.why for one in Policy(ask("finance", when=condition)).requirements(a_call())] == ["Odd."]


@pytest.mark.parametrize("window", [{}, {"days": 367}, {"hours": -1}])
def test_a_time_that_is_none_is_refused_at_once(window: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="look back"):
        count(over=1, **window)


@pytest.mark.parametrize("rate", ["0", "-1", "abc", "1e3", "NaN"])
def test_a_rate_that_is_no_number_is_refused_at_once(rate: str) -> None:
    with pytest.raises(ValueError, match="EUR"):
        over("amount", 1, rates={"USD": 1, "EUR": rate})


@pytest.mark.parametrize(("call", "is_fault"), [(a_call(None), False), (a_call(amount="abc"), True)])
def test_what_was_not_asked_for_yet_is_no_fault_in_the_log(
    call: Call, is_fault: bool, caplog: pytest.LogCaptureFixture
) -> None:
    policy = Policy(ask("finance", when=PER_INVOICE))

    assert policy.requirements(call)
    assert bool(caplog.records) is is_fault
