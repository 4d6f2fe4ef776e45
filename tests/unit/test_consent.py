"""By whose consent a call ran, in words that an auditor reads without the code."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.approvals.approval import Question, Verdict
from bot.domain.approvals.condition import over
from bot.domain.approvals.consent import consent, of_question
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.transitions import decide
from tests.factories import MEI, OMAR, a_decision, an_approval, seated


def test_it_names_who_was_asked_and_who_agreed() -> None:
    approved = decide(an_approval(), a_decision(OMAR), seats=seated(OMAR))

    assert consent(approved) == f"asked: 1 of finance; agreed: {OMAR}"
    assert consent(an_approval()) == "asked: 1 of finance; agreed: nobody"


def test_who_rejected_did_not_agree() -> None:
    rejected = decide(an_approval(), replace(a_decision(MEI), verdict=Verdict.REJECT), seats=seated(MEI))

    assert consent(rejected) == "asked: 1 of finance; agreed: nobody"


def test_it_names_the_approval_for_the_rest_of_the_run() -> None:
    approved = decide(an_approval(), a_decision(OMAR), seats=seated(OMAR))

    granted = consent(replace(approved, granted_by="ap-1"))
    assert granted == f"agreed to for the rest of the run (ap-1): {OMAR}"


def test_a_question_names_what_its_call_ran_under() -> None:
    approved = decide(an_approval(), a_decision(OMAR), seats=seated(OMAR))
    question = replace(an_approval(), question=Question.OUTCOME, about="ap-1")

    assert of_question(question, approved) == consent(approved)
    assert of_question(question, None) == "agreed to as ap-1"
    assert of_question(replace(question, about=""), None).startswith("nobody asked")


def test_a_policy_says_why_it_asked_nobody() -> None:
    policy = Policy(ask("finance", when=over("amount", "20.00")), ask("legal", when=over("amount", 10_000)))

    assert (
        policy.nobody_asked == "nobody asked, for none of this holds: amount over 20.00; amount over 10,000"
    )
    assert Policy(unknown_to="finance").nobody_asked == "nobody asked: the policy has no rules"
