"""Approvals for the rest of a run: which later calls an earlier approval reaches. Pure rules."""

from __future__ import annotations

from dataclasses import replace

from bot.approval import APPROVING, Approval, ApprovalStatus, Verdict
from bot.quorum import missing
from bot.requirement import Severity


def grant(approval: Approval, by: Approval) -> Approval:
    """Approve a call by what was approved before for the rest of its run, where that covers it."""
    if not covers(by, approval):
        return approval
    decisions = tuple(replace(d, digest=approval.digest) for d in by.decisions if d.verdict in APPROVING)
    return replace(
        approval,
        status=ApprovalStatus.APPROVED,
        decisions=decisions,
        granted_by=by.id,
        closed_at=approval.requested_at,
    )


def covers(earlier: Approval, later: Approval) -> bool:
    """Tell whether an approval for the rest of the run reaches a later call of the same run.

    It must be of the same tool, need nothing that was not given, be of no high severity, and
    nobody may have joined its authors since: it was not their words that were approved.
    """
    givers = [d for d in earlier.decisions if d.verdict in APPROVING]
    return (
        earlier.status is ApprovalStatus.APPROVED
        and not earlier.granted_by
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
