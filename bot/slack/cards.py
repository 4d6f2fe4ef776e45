"""Approval cards: pure, and safe whatever a model or a person wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.approval import (
    Approval,
    ApprovalStatus,
    Decision,
    Edit,
    Ending,
    Question,
    Verdict,
)
from bot.requirement import Requirement, Severity
from bot.slack import actions, limits
from bot.slack.arguments import Shown, amount, changes, shown
from bot.slack.blocks import (
    Block,
    buttons,
    context,
    fields,
    header,
    link,
    mrkdwn,
    person,
    plain,
    preformatted,
    section,
    short,
    when,
)
from bot.slack.markdown import escape
from bot.slack.visible import visible

#: The `event_type` of a card's metadata.
CARD: Final = "countersign_card"

_HEADLINES: Final = {
    ApprovalStatus.PENDING: "Approval needed",
    ApprovalStatus.APPROVED: "Approved",
    ApprovalStatus.REJECTED: "Rejected",
    ApprovalStatus.EXPIRED: "Expired",
    ApprovalStatus.WITHDRAWN: "Withdrawn",
    ApprovalStatus.ANSWERED: "Answered",
    ApprovalStatus.REFUSED: "Not asked for",
}
_VERDICTS: Final = {
    Verdict.APPROVE: "Approved",
    Verdict.APPROVE_REST: "Approved for the rest of the run",
    Verdict.REJECT: "Rejected",
    Verdict.HAPPENED: "It happened, says",
    Verdict.NOT_HAPPENED: "It did not happen, says",
    Verdict.RETRY: "To be tried again, says",
}
_ENDINGS: Final = {
    Ending.DONE: "*Done*",
    Ending.FAILED: "*Not done*: the tool refused it",
    Ending.OTHER: "*Done, but not as it stands here*: somebody has to look at it",
    Ending.UNKNOWN: "*Nobody knows* whether this happened: it broke off",
    Ending.NOT_RUN: "*Not done*",
}
_NUMBERS: Final = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True, slots=True)
class Card:
    """A message: `text` for notifications (Slack's markup), `blocks` for everybody else."""

    text: str
    blocks: list[Block]


def marker(approval: Approval, kind: str = "card") -> dict[str, Any]:
    """The metadata by which an approval's card, or a notice about it, is found again."""
    payload = {"approval_id": approval.id} | ({} if kind == "card" else {"kind": kind})
    return {"event_type": CARD, "event_payload": payload}


def card(approval: Approval, *, thread_link: str = "", can_decide: bool = True) -> Card:
    """Show an approval as it stands: all it takes to decide, or what became of it.

    `thread_link` leads to where it was asked for. Where it is not to be decided here, or not
    any more, there is nothing to click but what shows more.
    """
    headline = headline_of(approval)
    told = [*_history(approval), *_state(approval)]
    offered = _offers(approval) if can_decide and not approval.is_final else []
    below = buttons(*offered, actions.button(actions.DETAILS, "Show everything", approval.id))
    by = person(approval.requester)
    arguments = shown(approval.arguments, limit=limits.ARGUMENTS)
    blocks = [
        header(short(headline, limits.HEADER)),
        fields(*_fields(approval, by, thread_link)),
        section(plain(f"Why it is asked: {short(why_of(approval), limits.REASON)}")),
        preformatted(*arguments.elements),
        *_omitted(approval, arguments),
        *told,
        context(*_footer(approval)),
        below,
    ]
    return Card(f"{escape(headline)}, requested by {by}", blocks)


def headline_of(approval: Approval) -> str:
    """Name an approval in one line: what of it, which tool, what amount."""
    status = _HEADLINES[approval.status]
    if approval.question is Question.OUTCOME and not approval.is_final:
        status = "Did this happen"
    what = filter(None, (tool_of(approval), amount(approval.arguments)))
    end = "?" if status == "Did this happen" else ""
    return f"{status}: {' · '.join(what)}{end}"


def tool_of(approval: Approval) -> str:
    """The tool's name, safe to show."""
    return short(visible(approval.tool, keep=""), 100)


def why_of(approval: Approval) -> str:
    """Every reason it is asked for."""
    return " ".join(visible(one.why) for one in approval.requirements)


def deciders(requirements: Sequence[Requirement], escalated: Sequence[str] = ()) -> str:
    """Say who may decide, how many of each, in words."""
    parts: list[str] = []
    for one in requirements:
        role = short(visible(one.role, keep=""), 100)
        backup = f" or {short(visible(one.escalate_to, keep=''), 100)}" if one.role in escalated else ""
        parts.append(f"{_NUMBERS.get(one.quorum, str(one.quorum))} of {role}{backup}")
    return f"{' and '.join(parts)}, but not who asked"


def still_needed(approval: Approval) -> str:
    """Say how many of whom are still to agree."""
    parts = [f"{count} of {visible(role, keep='')}" for role, count in approval.missing.items()]
    return short(" and ".join(parts), limits.NOTE)


def edited(change: Edit, *, limit: int = limits.NOTE) -> str:
    """Show a change of the arguments, before and after."""
    return changes(change.before, change.after, limit=limit)


def _fields(approval: Approval, by: str, thread_link: str) -> Iterator[Block]:
    where = f"\n{link(thread_link, 'Open the thread')}" if thread_link else ""
    yield mrkdwn(f"*Requested by*\n{by}{where}")
    who = escape(deciders(approval.requirements, approval.escalated))
    if approval.again and approval.offers.retry:
        who += escape(f". To try again: {deciders(approval.again, approval.escalated)}")
    label = "Who could decide" if approval.is_final else "Who can decide"
    yield mrkdwn(f"*{label}*\n{short(who, limits.NOTE)}")


def _history(approval: Approval) -> Iterator[Block]:
    for change in approval.edits[-2:]:
        yield section(
            mrkdwn(f"*Changed* by {person(change.by)} {when(change.at)}, who therefore may not approve it")
        )
        yield preformatted(edited(change))
    for decision in approval.decisions[-6:]:
        yield section(mrkdwn(_decided(decision)))
        if reason := visible(decision.reason).strip():
            yield section(plain(f"Reason: {short(reason, limits.NOTE)}"))


def _decided(decision: Decision) -> str:
    place = f" in the place of {person(decision.holder)}" if decision.holder not in {"", decision.by} else ""
    verdict = _VERDICTS[decision.verdict]
    by = "by " if not verdict.endswith("says") else ""
    return f"*{verdict}* {by}{person(decision.by)}{place} {when(decision.at)}"


def _state(approval: Approval) -> Iterator[Block]:
    closed = when(approval.closed_at or approval.expires_at)
    match approval.status:
        case ApprovalStatus.EXPIRED if approval.question is Question.OUTCOME:
            yield section(mrkdwn(f"*Expired* {closed}: nobody said what happened. It was not tried again."))
        case ApprovalStatus.EXPIRED:
            yield section(mrkdwn(f"*Expired* {closed}: nobody decided in time. This was not done."))
        case ApprovalStatus.WITHDRAWN if approval.question is Question.OUTCOME:
            why = escape(short(visible(approval.closed_why), limits.NOTE))
            yield section(mrkdwn(f"*Withdrawn* {closed}: {why} Nobody said what happened."))
        case ApprovalStatus.WITHDRAWN:
            yield section(
                mrkdwn(
                    f"*Withdrawn* {closed}: {escape(short(visible(approval.closed_why), limits.NOTE))} This was not done."
                )
            )
        case ApprovalStatus.APPROVED if approval.granted_by:
            yield section(mrkdwn("*Approved before*, for the rest of this run. Nobody was asked again."))
        case _:
            pass
    if approval.execution is not None:
        yield section(mrkdwn(f"{_ENDINGS[approval.execution.ending]} {when(approval.execution.at)}"))
        if result := visible(approval.execution.result).strip():
            yield section(plain(f"Result: {short(result, limits.NOTE)}"))


def _footer(approval: Approval) -> Iterator[str]:
    if not approval.is_final:
        yield f"Decide by {when(approval.expires_at)}"
        if approval.decisions:
            yield f"Still needed: {escape(still_needed(approval))}"
    if approval.severity is Severity.HIGH:
        yield "*High stakes*"
    yield f"Fingerprint `{approval.digest[:12]}`"


def _offers(approval: Approval) -> list[Block]:
    value = actions.pack_approval(approval)
    if approval.question is Question.OUTCOME:
        return _outcomes(approval, value)
    high = approval.severity is Severity.HIGH
    approve = actions.button(actions.APPROVE, "Approve", value, style="primary")
    offered = [approve | ({"confirm": actions.confirm(headline_of(approval))} if high else {})]
    if approval.offers.rest_of_run and not high:
        offered.append(actions.button(actions.APPROVE_REST, "Approve for the rest of this run", value))
    offered.append(actions.button(actions.REJECT, "Reject", value, style="danger"))
    if approval.offers.editable:
        offered.append(actions.button(actions.EDIT, "Edit", value))
    return offered


def _outcomes(approval: Approval, value: str) -> list[Block]:
    offered = [
        actions.button(actions.HAPPENED, "It happened", value),
        actions.button(actions.NOT_HAPPENED, "It did not happen", value),
    ]
    if approval.offers.retry:
        again = actions.button(actions.TRY_AGAIN, "Try again", value, style="danger")
        asked = {"confirm": actions.confirm(headline_of(approval), "Try again")}
        offered.append(again | (asked if approval.severity is Severity.HIGH else {}))
    return offered


def _omitted(approval: Approval, arguments: Shown) -> Iterator[Block]:
    """Say plainly that not everything is shown, and how to see the rest."""
    if arguments.omitted:
        yield section(
            mrkdwn(
                f":warning: *{arguments.omitted:,} characters of the arguments are not shown here.* "
                f"“Show everything” has them. SHA-256 of the whole call: `{approval.digest}`"
            )
        )
