"""By whose consent a call ran: the words for the record, which an auditor reads without the code."""

from __future__ import annotations

from bot.domain.approvals.approval import APPROVING, Approval, Question


def consent(approval: Approval) -> str:
    """Say who was asked about a call and who agreed (Slack ids), be it in advance."""
    needs = ", ".join(f"{one.quorum} of {one.role}" for one in approval.requirements)
    agreed = ", ".join(decision.by for decision in approval.decisions if decision.verdict in APPROVING)
    if approval.granted_by:
        return f"agreed to for the rest of the run ({approval.granted_by}): {agreed}"
    return f"asked: {needs}; agreed: {agreed or 'nobody'}"


def of_question(question: Approval, about: Approval | None) -> str:
    """The same of a call whose outcome is asked about; `about` is what it ran under, if anybody was asked."""
    if about is not None:
        return consent(about)
    was_asked = question.question is Question.OUTCOME and question.about
    return f"agreed to as {question.about}" if was_asked else "nobody asked, as the entry of its start says"
