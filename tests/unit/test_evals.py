"""A case fails for everything that can be wrong, and one that could not fail is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from evals.case import Ask, Call, Happened, Wanted
from evals.judge import problems
from evals.trial import cases

REFUND = Call(tool="issue_refund", arguments={"invoice_id": "INV-1", "amount": "29.00"})
ASKED = Ask(tool="issue_refund", role="finance", people=2, arguments={"amount": "29.00", "reason": "asked"})
WANTED = Wanted(
    specialist="Billing",
    calls=[REFUND],
    may_call=["get_invoice"],
    asks=[ASKED.model_copy(update={"arguments": {"amount": "29.00"}})],
    refunds=["29.00 USD on INV-1"],
    sends=[".csv", ".png"],
    says=["Refunded"],
    never_says=["sorry"],
)
GOT = Happened(
    specialist="Billing",
    calls=[Call(tool="get_invoice"), REFUND],
    asks=[ASKED],
    refunds=["29.00 USD on INV-1"],
    sent=["a-clean.csv", "a.png", "b.png"],
    said="I have refunded it.",
)
MORE = REFUND.model_copy(update={"arguments": {"invoice_id": "INV-1", "amount": "30.00"}})


def test_what_is_as_wanted_has_no_problem() -> None:
    assert not any(problems(WANTED, GOT).values())


@pytest.mark.parametrize(
    ("about", "change"),
    [
        ("specialist", {"specialist": "Triage"}),
        ("calls", {"calls": []}),
        ("calls", {"calls": [REFUND, REFUND]}),
        ("calls", {"calls": [MORE]}),
        ("calls", {"calls": [REFUND, Call(tool="search_docs")]}),
        ("asks", {"asks": []}),
        ("asks", {"asks": [ASKED, ASKED]}),
        ("asks", {"asks": [ASKED.model_copy(update={"people": 1})]}),
        ("asks", {"asks": [ASKED.model_copy(update={"role": "ops"})]}),
        ("asks", {"asks": [ASKED.model_copy(update={"arguments": {}})]}),
        ("refunds", {"refunds": []}),
        ("refunds", {"refunds": ["29.00 USD on INV-1"] * 2}),
        ("sends", {"sent": []}),
        ("sends", {"sent": ["a.csv"]}),
        ("sends", {"sent": ["a.csv", "a.png", "a.py"]}),
        ("says", {"said": "I did it."}),
        ("says", {"said": "Sorry, I have refunded it."}),
    ],
)
def test_each_thing_that_is_otherwise_is_told(about: str, change: dict[str, Any]) -> None:
    found = problems(WANTED, GOT.model_copy(update=change))
    assert [name for name, why in found.items() if why] == [about]


def test_what_a_case_does_not_name_must_not_happen() -> None:
    silent = Wanted(specialist="Billing", says=["refunded"])
    assert {name for name, why in problems(silent, GOT).items() if why} == {
        *("calls", "asks", "refunds", "sends"),
    }


def test_a_case_that_could_not_fail_or_is_misspelt_is_refused() -> None:
    for wrong in ({"specialist": "Billing"}, {"specialist": "Billing", "says": []}, {"say": ["x"]}):
        with pytest.raises(ValidationError):
            Wanted.model_validate(wrong)


def test_the_cases_are_read_and_each_wants_something_of_its_own() -> None:
    found = cases().cases
    assert len({one.name for one in found}) == len(found) >= 10
    assert [one.name for one in cases("guest").cases] == ["a guest may ask, and gets no money"]
