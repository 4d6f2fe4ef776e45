"""Approvals for the rest of a run: which later calls an earlier approval reaches. Pure rules."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.approvals.approval import APPROVING, Approval, ApprovalStatus, Verdict
from bot.domain.approvals.quorum import missing
from bot.domain.approvals.requirement import Severity


def grant(approval: Approval, by: Approval) -> Approval:
    """Approve a call by what was approved before for the rest of its run, where that covers it."""
    if not covers(by, approval):
        return approval
    decisions = tuple(replace(d, digest=approval.shown) for d in by.decisions if d.verdict in APPROVING)
    return replace(
        approval,
        status=ApprovalStatus.APPROVED,
        decisions=decisions,
        granted_by=by.id,
        closed_at=approval.requested_at,
    )


def passed_on(by: Approval, to: Approval) -> Approval:
    """Note on an approval for the rest of a run that one call more was made by it."""
    bound = by.offers.bound
    amount = bound.amount(to.arguments) if bound else ""
    return replace(by, passed_on=(*by.passed_on, amount))


def covers(earlier: Approval, later: Approval) -> bool:
    """Tell whether an approval for the rest of the run reaches a later call of the same run.

    It must be of the same tool and within what stood on the button, need nothing that was not given, be of no high
    severity, and nobody may have joined its authors since: it was not their words that were approved.
    """
    bound = earlier.offers.bound
    givers = [d for d in earlier.decisions if d.verdict in APPROVING]
    return (
        earlier.status is ApprovalStatus.APPROVED
        and not earlier.granted_by
        and bound is not None
        and bound.holds(later.arguments, earlier.passed_on)
        and bool(givers)
        and all(d.verdict is Verdict.APPROVE_REST for d in givers)
        and (earlier.tool, earlier.thread, earlier.run_id, earlier.generation)
        == (later.tool, later.thread, later.run_id, later.generation)
        and later.severity < Severity.HIGH
        and later.offers.rest_of_run
        and set(later.authors) <= set(earlier.authors)
        and not any(d.by in later.authors or d.holder in later.authors for d in givers)
        and not missing(later.requirements, [d.roles for d in givers])
    )


def is_grant(approval: Approval) -> bool:
    """Whether people have approved it for the rest of its run."""
    givers = [decision.verdict for decision in approval.decisions]
    return approval.status is ApprovalStatus.APPROVED and all(v is Verdict.APPROVE_REST for v in givers)
