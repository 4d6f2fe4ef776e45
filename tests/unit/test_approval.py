"""The rules of an approval, as pure functions: each as a table, with time held still."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import errors
from bot.domain.approvals.approval import (
    Approval,
    ApprovalStatus,
    Decision,
    Edit,
    Ending,
    Execution,
    Offers,
    Question,
    Verdict,
    canonical,
    digest,
)
from bot.domain.approvals.bound import Bound
from bot.domain.approvals.grants import covers, grant
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.approvals.transitions import (
    authorize,
    decide,
    detach,
    edit,
    escalate,
    executed,
    expire,
    take_back,
    withdraw,
)
from tests.factories import ANA, MEI, NOON, OMAR, THEO, a_decision, an_approval, seated

LATER = NOON + timedelta(hours=1)
TWO = (Requirement("finance", "Refunds over 10,000.00 need two of finance.", quorum=2),)
BOTH = (Requirement("finance", "Money."), Requirement("legal", "Law."))


def approved(approval: Approval, *people: str, verdict: Verdict = Verdict.APPROVE) -> Approval:
    for person in people:
        decision = a_decision(person, verdict, digest=approval.digest)
        approval = decide(approval, decision, seats=seated(person))
    return approval


def test_one_approval_is_enough_where_one_is_asked_for() -> None:
    closed = approved(an_approval(), OMAR)

    assert (closed.status, closed.closed_at) == (ApprovalStatus.APPROVED, LATER)


def test_one_rejection_closes_it_with_its_reason() -> None:
    rejected = decide(an_approval(), a_decision(MEI, Verdict.REJECT, reason="duplicate"), seats=seated(MEI))

    assert rejected.status is ApprovalStatus.REJECTED
    assert rejected.decisions[-1].reason == "duplicate"


@pytest.mark.parametrize(
    ("changes", "decision", "seats", "refusal"),
    [
        ({}, a_decision(ANA), seated(ANA), errors.SelfApproval),
        ({"authors": (ANA, OMAR)}, a_decision(OMAR), seated(OMAR), errors.SelfApproval),
        ({}, a_decision(THEO), [], errors.NotAnApprover),
        ({}, a_decision(THEO), [Seat(THEO, ())], errors.NotAnApprover),
        ({}, a_decision(THEO), seated(THEO, holder=ANA), errors.NotAnApprover),
        ({"authors": (ANA, MEI)}, a_decision(THEO), seated(THEO, holder=MEI), errors.NotAnApprover),
        ({}, a_decision(OMAR, at=NOON + timedelta(days=1)), seated(OMAR), errors.ApprovalExpired),
        ({"status": ApprovalStatus.WITHDRAWN}, a_decision(OMAR), seated(OMAR), errors.AlreadyDecided),
        ({"status": ApprovalStatus.EXPIRED}, a_decision(OMAR), seated(OMAR), errors.AlreadyDecided),
        ({"status": ApprovalStatus.APPROVED}, a_decision(MEI), seated(MEI), errors.AlreadyDecided),
        ({"status": ApprovalStatus.REFUSED}, a_decision(MEI), seated(MEI), errors.AlreadyDecided),
        ({}, a_decision(OMAR, digest="0" * 64), seated(OMAR), errors.CardOutdated),
        ({}, a_decision(OMAR, Verdict.APPROVE_REST), seated(OMAR), errors.NotOffered),
        ({}, a_decision(OMAR, Verdict.HAPPENED), seated(OMAR), errors.NotOffered),
        ({"question": Question.OUTCOME}, a_decision(OMAR), seated(OMAR), errors.NotOffered),
        ({"question": Question.OUTCOME}, a_decision(ANA, Verdict.RETRY), seated(ANA), errors.SelfApproval),
        (
            {"offers": Offers(reason_required=True)},
            a_decision(OMAR, Verdict.REJECT),
            seated(OMAR),
            errors.ReasonNeeded,
        ),
    ],
    ids=[
        "requester",
        "co-author",
        "outsider",
        "a seat without a role",
        "in the requester's place",
        "in an author's place",
        "too late",
        "withdrawn",
        "expired",
        "approved",
        "over a limit",
        "another call than was shown",
        "not offered for the run",
        "no question of outcome",
        "a question of outcome",
        "requester about the outcome",
        "no reason",
    ],
)
def test_a_click_that_does_not_count_says_why(
    changes: dict[str, Any], decision: Any, seats: list[Seat], refusal: type[errors.DecisionRefused]
) -> None:
    with pytest.raises(refusal):
        decide(an_approval(**changes), decision, seats=seats)


def test_one_person_counts_once_however_often_they_click() -> None:
    twice = approved(an_approval(requirements=TWO), OMAR, OMAR)

    assert (twice.status, len(twice.decisions), twice.missing) == (ApprovalStatus.PENDING, 1, {"finance": 1})


def test_two_people_meet_a_quorum_of_two() -> None:
    assert approved(an_approval(requirements=TWO), OMAR, MEI).status is ApprovalStatus.APPROVED


def test_one_person_in_two_groups_fills_one_place() -> None:
    approval = an_approval(requirements=BOTH)
    once = decide(approval, a_decision(OMAR), seats=seated(OMAR, "finance", "legal"))
    twice = decide(once, a_decision(MEI), seats=seated(MEI, "finance"))

    assert (once.status, sum(once.missing.values())) == (ApprovalStatus.PENDING, 1)
    assert twice.status is ApprovalStatus.APPROVED


def test_who_stands_in_and_who_is_stood_in_for_count_once_between_them() -> None:
    once = decide(an_approval(requirements=TWO), a_decision(THEO), seats=seated(THEO, holder=OMAR))

    with pytest.raises(errors.DecidedInYourPlace):
        decide(once, a_decision(OMAR), seats=seated(OMAR))
    own = [*seated(THEO), *seated(THEO, holder=OMAR)]
    moved = decide(once, a_decision(THEO), seats=own)
    assert decide(moved, a_decision(OMAR), seats=seated(OMAR)).status is ApprovalStatus.APPROVED


@pytest.mark.parametrize("verdict", [Verdict.HAPPENED, Verdict.NOT_HAPPENED, Verdict.RETRY])
def test_a_question_of_outcome_is_answered_by_one(verdict: Verdict) -> None:
    asked = an_approval(question=Question.OUTCOME)
    answered = decide(asked, a_decision(OMAR, verdict), seats=seated(OMAR))

    assert (answered.status, answered.decisions[-1].verdict) == (ApprovalStatus.ANSWERED, verdict)
    with pytest.raises(errors.NotAuthorized):
        authorize(answered, answered.asked_digest)


# Editing

EDITABLE = an_approval(offers=Offers(editable=("amount", "reason")))


def an_edit(approval: Approval = EDITABLE, by: str = OMAR, **arguments: str) -> Edit:
    after = canonical(json.loads(approval.arguments) | arguments)
    return Edit(by, LATER, approval.arguments, after)


def edits(approval: Approval, change: Edit, seats: list[Seat] | None = None, **kwargs: Any) -> Approval:
    given: dict[str, Any] = {"digest": approval.digest, "needs": approval.requirements} | kwargs
    return edit(approval, change, seats=seated(change.by) if seats is None else seats, **given)


def test_who_edits_becomes_an_author_and_somebody_else_must_approve() -> None:
    changed = edits(EDITABLE, an_edit(amount="25.00"))

    assert json.loads(changed.arguments)["amount"] == "25.00"
    assert changed.authors == (ANA, OMAR)
    with pytest.raises(errors.SelfApproval):
        approved(changed, OMAR)
    assert approved(changed, MEI).status is ApprovalStatus.APPROVED


def test_an_edit_drops_the_approvals_of_what_was_shown_before() -> None:
    once = approved(replace(EDITABLE, requirements=TWO), MEI)
    changed = edits(once, an_edit(once, amount="25.00"))

    assert (changed.decisions, changed.missing) == ((), {"finance": 2})
    with pytest.raises(errors.CardOutdated):
        decide(changed, a_decision(MEI, digest=once.digest), seats=seated(MEI))


def test_an_edit_can_only_make_the_policy_stricter() -> None:
    raised = edits(EDITABLE, an_edit(amount="20000.00"), needs=TWO)
    lowered = edits(raised, an_edit(raised, by=MEI, amount="1.00"), needs=())

    assert raised.requirements[0].quorum == 2
    assert lowered.requirements[0].quorum == 2


@pytest.mark.parametrize(
    ("approval", "change", "seats", "refusal"),
    [
        (EDITABLE, an_edit(invoice_id="INV-1"), None, errors.EditRefused),
        (EDITABLE, an_edit(amount="29.00"), None, errors.EditRefused),
        (EDITABLE, an_edit(extra="1"), None, errors.EditRefused),
        (an_approval(), an_edit(amount="25.00"), None, errors.EditRefused),
        (EDITABLE, an_edit(by=ANA, amount="25.00"), None, errors.SelfApproval),
        (EDITABLE, an_edit(by=THEO, amount="25.00"), [], errors.NotAnApprover),
        (
            replace(EDITABLE, status=ApprovalStatus.APPROVED),
            an_edit(amount="25.00"),
            None,
            errors.AlreadyDecided,
        ),
        (replace(EDITABLE, question=Question.OUTCOME), an_edit(amount="25.00"), None, errors.NotOffered),
    ],
    ids=[
        "not editable",
        "nothing changed",
        "one more",
        "none editable",
        "requester",
        "outsider",
        "closed",
        "outcome",
    ],
)
def test_an_edit_that_does_not_count_changes_nothing(
    approval: Approval, change: Edit, seats: list[Seat] | None, refusal: type[errors.DecisionRefused]
) -> None:
    with pytest.raises(refusal):
        edits(approval, change, seats)


def test_an_edit_of_what_was_changed_meanwhile_is_refused() -> None:
    changed = edits(EDITABLE, an_edit(amount="25.00"))

    with pytest.raises(errors.CardOutdated):
        edits(changed, an_edit(by=MEI, reason="x"), digest=EDITABLE.digest)


# Executing


def test_what_was_approved_may_run_as_it_was_shown() -> None:
    authorize(approved(an_approval(), OMAR), an_approval().digest)


def test_an_edited_call_is_known_by_what_the_model_wrote() -> None:
    changed = approved(edits(EDITABLE, an_edit(amount="25.00")), MEI)

    authorize(changed, EDITABLE.digest)
    assert changed.digest != changed.asked_digest == EDITABLE.digest
    with pytest.raises(errors.NotAuthorized):
        authorize(changed, changed.digest)


def ended(ending: Ending) -> Approval:
    return executed(approved(an_approval(), OMAR), Execution(ending, LATER))


@pytest.mark.parametrize(
    "approval",
    [
        an_approval(),
        expire(an_approval(), at=NOON + timedelta(days=2)),
        withdraw(an_approval(), at=NOON, why=""),
        approved(an_approval(requirements=TWO), OMAR),
        replace(approved(an_approval(), OMAR), arguments="{}"),
        replace(approved(an_approval(), OMAR), asked="{}"),
        replace(approved(an_approval(), OMAR), requirements=TWO),
        replace(approved(an_approval(), OMAR), authors=(ANA, OMAR)),
        replace(an_approval(), status=ApprovalStatus.APPROVED),
        ended(Ending.DONE),
        ended(Ending.FAILED),
        ended(Ending.NOT_RUN),
    ],
    ids=[
        *("pending", "expired", "withdrawn", "half approved", "arguments altered", "call altered"),
        *("requirement added", "approver became author", "forged status", "done", "failed", "closed"),
    ],
)
def test_nothing_else_runs(approval: Approval) -> None:
    with pytest.raises(errors.NotAuthorized):
        authorize(approval, an_approval().digest)


def test_a_call_that_broke_off_may_run_again_when_a_person_says_so() -> None:
    authorize(ended(Ending.UNKNOWN), an_approval().digest)


# For the rest of the run

FREE_RUN = Offers(rest_of_run=True, bound=Bound(5))
EARLIER = approved(an_approval(offers=FREE_RUN, run_id="r1"), OMAR, verdict=Verdict.APPROVE_REST)


def a_later(**changes: Any) -> Approval:
    arguments = canonical({"invoice_id": "INV-1004", "amount": "31.00", "currency": "USD"})
    values = {"id": "03-later", "run_id": "r1", "offers": FREE_RUN, "arguments": arguments}
    return an_approval(**(values | changes))


def test_what_was_approved_for_the_rest_of_the_run_is_granted_and_may_run() -> None:
    granted = grant(a_later(), EARLIER)

    assert (granted.status, granted.granted_by) == (ApprovalStatus.APPROVED, EARLIER.id)
    authorize(granted, a_later().digest)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (EARLIER, a_later(run_id="r2")),
        (EARLIER, a_later(tool="delete_customer")),
        (EARLIER, a_later(generation=1)),
        (EARLIER, a_later(requirements=TWO)),
        (EARLIER, a_later(requirements=BOTH)),
        (EARLIER, a_later(requirements=(Requirement("finance", "", severity=Severity.HIGH),))),
        (EARLIER, a_later(authors=(ANA, OMAR))),
        (EARLIER, a_later(authors=(ANA, THEO))),
        (EARLIER, a_later(offers=Offers())),
        (replace(EARLIER, offers=Offers(rest_of_run=True)), a_later()),
        (replace(EARLIER, passed_on=("",) * 5), a_later()),
        (approved(an_approval(offers=FREE_RUN, run_id="r1"), OMAR), a_later()),
        (grant(a_later(id="03-mid"), EARLIER), a_later()),
        (replace(EARLIER, status=ApprovalStatus.REJECTED), a_later()),
    ],
    ids=[
        *("another run", "another tool", "after a reset", "needs two", "needs another role", "high stakes"),
        *(
            "giver joined",
            "somebody joined",
            "policy changed",
            "of an earlier release, without a bound",
            "used up",
            "approved once only",
            "itself granted",
            "rejected",
        ),
    ],
)
def test_an_approval_for_the_rest_of_the_run_reaches_no_further(earlier: Approval, later: Approval) -> None:
    assert not covers(earlier, later)
    assert grant(later, earlier) == later


# Time and closing


def test_the_deadline_itself_is_too_late() -> None:
    approval = an_approval()

    assert expire(approval, at=approval.expires_at - timedelta(seconds=1)) == approval
    assert expire(approval, at=approval.expires_at).status is ApprovalStatus.EXPIRED


def test_nothing_changes_a_closed_approval() -> None:
    closed = approved(an_approval(), OMAR)

    assert expire(closed, at=NOON + timedelta(days=9)) == closed
    assert withdraw(closed, at=NOON, why="x") == closed
    assert escalate(closed, "finance") == closed


def test_who_asked_takes_a_call_back() -> None:
    closed = take_back(an_approval(), ANA, at=NOON, why="x")

    assert (closed.status, closed.closed_by, closed.closed_why) == (ApprovalStatus.WITHDRAWN, ANA, "x")


@pytest.mark.parametrize(
    ("changes", "by", "refusal"),
    [
        ({}, OMAR, errors.NotTheRequester),
        ({"authors": (ANA, MEI)}, MEI, errors.NotTheRequester),
        ({"status": ApprovalStatus.APPROVED}, ANA, errors.AlreadyDecided),
        ({"status": ApprovalStatus.WITHDRAWN}, ANA, errors.AlreadyDecided),
        ({"expires_at": NOON}, ANA, errors.ApprovalExpired),
        ({"question": Question.OUTCOME}, ANA, errors.NotOffered),
    ],
    ids=["an approver", "an author", "approved", "withdrawn", "too late", "a question of outcome"],
)
def test_nobody_else_takes_it_back_and_nothing_that_is_closed(
    changes: dict[str, Any], by: str, refusal: type[errors.DecisionRefused]
) -> None:
    with pytest.raises(refusal):
        take_back(an_approval(**changes), by, at=NOON, why="x")


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_canonical_arguments_read_back_and_do_not_depend_on_order(arguments: dict[str, object]) -> None:
    backwards = dict(reversed(arguments.items()))

    assert json.loads(canonical(arguments)) == arguments
    assert canonical(arguments) == canonical(backwards)


@given(st.text(), st.text(), st.text(), st.text())
def test_two_different_calls_never_share_a_digest(tool: str, a: str, other: str, b: str) -> None:
    same = (tool, a) == (other, b)

    assert (digest(tool, canonical({"x": a})) == digest(other, canonical({"x": b}))) == same


def a_question() -> Approval:
    """Whether what finance and legal had approved happened; finance knows."""
    return an_approval(question=Question.OUTCOME, again=BOTH, effect="key", about="03-first")


def retries(by: str, *roles: str) -> tuple[Decision, list[Seat]]:
    return a_decision(by, Verdict.RETRY), seated(by, *roles)


def test_what_needed_two_is_tried_again_when_both_want_it() -> None:
    decision, seats = retries(OMAR, "finance")
    once = decide(a_question(), decision, seats=seats)
    assert (once.status, once.missing) == (ApprovalStatus.PENDING, {"legal": 1})

    decision, seats = retries(MEI, "legal")
    assert decide(once, decision, seats=seats).status is ApprovalStatus.ANSWERED


def test_who_only_agrees_to_a_new_try_may_not_say_what_happened() -> None:
    with pytest.raises(errors.NotAnApprover):
        decide(a_question(), a_decision(MEI, Verdict.HAPPENED), seats=seated(MEI, "legal"))


def test_one_who_knows_closes_the_question_whoever_wanted_a_new_try() -> None:
    decision, seats = retries(OMAR, "finance")
    once = decide(a_question(), decision, seats=seats)

    answered = decide(once, a_decision(MEI, Verdict.HAPPENED), seats=seated(MEI))

    assert (answered.status, answered.decisions[-1].by) == (ApprovalStatus.ANSWERED, MEI)


def test_a_question_whose_run_is_gone_can_be_answered_but_not_tried_again() -> None:
    decision, seats = retries(OMAR, "finance")
    alone = detach(decide(a_question(), decision, seats=seats))
    assert (alone.decisions, alone.effect, alone.about) == ((), "", "03-first")
    assert detach(alone).counted == alone.counted == a_question().effect

    with pytest.raises(errors.NotOffered):
        decide(alone, decision, seats=seats)
    closed = decide(alone, a_decision(MEI, Verdict.NOT_HAPPENED), seats=seated(MEI))
    assert closed.did_not_happen
    assert not alone.did_not_happen
    assert not decide(alone, a_decision(MEI, Verdict.HAPPENED), seats=seated(MEI)).did_not_happen


def test_an_edit_leaves_no_more_time_than_the_new_arguments_have() -> None:
    approval = an_approval(offers=Offers(editable=("amount",)))
    after = canonical(json.loads(approval.arguments) | {"amount": "28.00"})
    change = Edit(OMAR, LATER, approval.arguments, after)
    hurried = Requirement("finance", "", expires_after=timedelta(minutes=5))
    easy = Requirement("finance", "", expires_after=timedelta(days=9))

    def ends(needs: Requirement) -> datetime:
        return edit(approval, change, digest=approval.digest, seats=seated(OMAR), needs=(needs,)).expires_at

    assert ends(hurried) == LATER + timedelta(minutes=5)
    assert ends(easy) == approval.expires_at
