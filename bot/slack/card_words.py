"""What approval cards, forms and Home say of an approval, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.approvals.approval import Approval, ApprovalStatus, Edit, Ending, Question
from bot.domain.approvals.requirement import Requirement
from bot.slack import limits
from bot.slack.blocks import short
from bot.slack.changes import changes
from bot.slack.deceptive_characters import visible
from bot.slack.preview_blocks import title_of
from bot.slack.stored_arguments import amount

_HEADLINES: Final = {
    ApprovalStatus.PENDING: "Approval needed",
    ApprovalStatus.APPROVED: "Approved",
    ApprovalStatus.REJECTED: "Rejected",
    ApprovalStatus.EXPIRED: "Expired",
    ApprovalStatus.WITHDRAWN: "Withdrawn",
    ApprovalStatus.ANSWERED: "Answered",
    ApprovalStatus.REFUSED: "Not asked for",
}
#: Who reads only the headline must not take such a call for done.
_NOTHING_DONE: Final = frozenset({Ending.FAILED, Ending.NOT_RUN})
_NOT_DONE: Final = ", not done"
_DONE_BEFORE: Final = "Done before"
#: How the headline of an approved card begins.
APPROVED: Final = f"{_HEADLINES[ApprovalStatus.APPROVED]}: "
#: Where the names behind a role are not known.
NOBODY_NAMED: Final[Mapping[str, Sequence[str]]] = {}
_NUMBERS: Final = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def headline_of(approval: Approval) -> str:
    """Name an approval in one line: what of it, which tool by its title, what amount."""
    status = _HEADLINES[approval.status]
    if approval.execution is not None and approval.execution.ending in _NOTHING_DONE:
        status += _NOT_DONE
    if approval.execution is not None and approval.status is ApprovalStatus.WITHDRAWN:
        status = _DONE_BEFORE
    if approval.question is Question.OUTCOME and not approval.is_final:
        status = "Did this happen"
    end = "?" if status == "Did this happen" else ""
    return f"{status}: {what_of(approval)}{end}"


def what_of(approval: Approval) -> str:
    """What is asked for: what it would do, or which tool by its title and what amount; and which of identical ones."""
    what = title_of(approval) or " · ".join(filter(None, (tool_of(approval), amount(approval.arguments))))
    if approval.twins > 1 and not approval.edits:
        return f"{what} ({approval.twin} of {approval.twins} identical)"
    return what


def tool_of(approval: Approval) -> str:
    """The tool's title, safe to show."""
    return short(visible(approval.named, keep=""), 100)


def why_of(approval: Approval) -> str:
    """Every reason it is asked for."""
    return " ".join(visible(one.why) for one in approval.requirements)


def deciders(
    requirements: Sequence[Requirement],
    escalated: Sequence[str] = (),
    people: Mapping[str, Sequence[str]] = NOBODY_NAMED,
) -> str:
    """Say who may decide, how many of each, in words, with the names of `people` by role."""
    parts: list[str] = []
    for one in requirements:
        roles = [one.role, *([one.escalate_to] if one.role in escalated else [])]
        named = " or ".join(f"{short(visible(role, keep=''), 100)}{_named(people, role)}" for role in roles)
        parts.append(f"{_NUMBERS.get(one.quorum, str(one.quorum))} of {named}")
    return f"{' and '.join(parts)}, but not whoever asked"


def _named(people: Mapping[str, Sequence[str]], role: str) -> str:
    names = [short(visible(name, keep=""), 40) for name in people.get(role, ())]
    return f" ({', '.join(names)})" if names else ""


def still_needed(approval: Approval) -> str:
    """Say how many of whom are still to agree."""
    parts = [f"{count} of {visible(role, keep='')}" for role, count in approval.missing.items()]
    return short(" and ".join(parts), limits.NOTE)


def edited(change: Edit, *, limit: int = limits.NOTE) -> str:
    """Show a change of the arguments, before and after."""
    return changes(change.before, change.after, limit=limit)
