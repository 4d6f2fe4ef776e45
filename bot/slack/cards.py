"""Approval cards: pure, and safe whatever a model or a person wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain import sentences
from bot.domain.approvals.approval import (
    Approval,
    ApprovalStatus,
    Decision,
    Ending,
    Question,
    Verdict,
)
from bot.domain.approvals.requirement import Severity
from bot.slack import actions, limits, requester_notes, rest_of_run
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
    quote,
    rich,
    section,
    short,
    when,
)
from bot.slack.card_fields import Labelled, labelled
from bot.slack.card_words import NOBODY_NAMED, deciders, edited, headline_of, still_needed, why_of
from bot.slack.deceptive_characters import visible
from bot.slack.durations import duration
from bot.slack.markdown import escape
from bot.slack.preview_blocks import preview_blocks
from bot.slack.result_words import result_in_words
from bot.slack.target_blocks import target_blocks

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
#: The lines that say what became of a call.
ENDINGS: Final = tuple(_ENDINGS.values())


@dataclass(frozen=True, slots=True)
class Card:
    """A message: `text` for notifications (Slack's markup), `blocks` for everybody else."""

    text: str
    blocks: list[Block]


def card(
    approval: Approval,
    *,
    thread_link: str = "",
    can_decide: bool = True,
    people: Mapping[str, Sequence[str]] = NOBODY_NAMED,
    more: Sequence[Block] = (),
) -> Card:
    """Show an approval as it stands: all it takes to decide, or what became of it.

    `thread_link` leads to where it was asked for, `people` names some of those behind each role, `more` are
    buttons for others than approvers. Where it is not
    to be decided here, or not any more, there is nothing to click but what shows more; where not all of the call
    fits, it is approved in the form that has all of it.
    """
    headline = headline_of(approval)
    told = [*_caution(approval), *_history(approval), *requester_notes.reminded(approval), *_state(approval)]
    arguments = labelled(approval.arguments, limit=limits.ARGUMENTS)
    offered: list[Block] = []
    if can_decide and not approval.is_final:
        offered = _offers(approval, is_whole=not arguments.omitted)
    below = buttons(*offered, *more, actions.button(actions.DETAILS, "Show everything", approval.id))
    by = person(approval.requester)
    blocks = [
        header(short(headline, limits.HEADER)),
        fields(*_fields(approval, by, thread_link, people)),
        *_request(approval),
        *preview_blocks(approval),
        *target_blocks(approval),
        section(plain(f"Why it is asked: {short(why_of(approval), limits.REASON)}")),
        rich(*arguments.elements),
        *_omitted(approval, arguments),
        *told,
        context(*_footer(approval)),
        below,
    ]
    return Card(_fallback(approval, headline, by), blocks)


def _fallback(approval: Approval, headline: str, by: str) -> str:
    """What a notification says, and what is read out where the blocks are not: what, who asked, why, by when."""
    said = f"{escape(headline)}, requested by {by}."
    if approval.is_final:
        return said
    why = escape(short(why_of(approval), limits.FALLBACK))
    return f"{said} {why} Decide by {when(approval.expires_at)}."


def _request(approval: Approval) -> Iterator[Block]:
    """The requester's own words, as they wrote them."""
    if words := visible(" ".join(approval.words.split()), keep="").strip():
        yield quote(f"“{short(words, limits.WORDS)}”")


def approved_in_form(approval: Approval) -> bool:
    """Whether it waits to be approved and no card can show all of it, so that the form behind it is the place."""
    waits = approval.question is Question.GO_AHEAD and not (approval.is_final or approval.has_problem)
    return waits and bool(labelled(approval.arguments, limit=limits.ARGUMENTS).omitted)


def _fields(
    approval: Approval, by: str, thread_link: str, people: Mapping[str, Sequence[str]]
) -> Iterator[Block]:
    where = f"\n{link(thread_link, 'Open the thread')}" if thread_link else ""
    yield mrkdwn(f"*Requested by*\n{by}{where}")
    who = deciders(approval.requirements, approval.escalated, people)
    if approval.again and approval.offers.retry:
        who += f". To try again: {deciders(approval.again, approval.escalated)}"
    label = "Who could decide" if approval.is_final else "Who can decide"
    yield mrkdwn(f"*{label}*\n{escape(short(who, limits.DECIDERS))}")


def _caution(approval: Approval) -> Iterator[Block]:
    if approval.may_repeat and not approval.is_final:
        yield section(plain(sentences.MAY_REPEAT))
    yield from requester_notes.words_changed(approval)


def _history(approval: Approval) -> Iterator[Block]:
    for change in approval.edits[-2:]:
        yield section(
            mrkdwn(f"*Changed* by {person(change.by)} {when(change.at)}, who therefore may not approve it")
        )
        yield preformatted(edited(change))
    for decision in approval.decisions[-6:]:
        yield section(mrkdwn(_decided(decision)))
        if reason := visible(decision.reason).strip():
            yield section(plain(f"Why: {short(reason, limits.NOTE)}"))


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
        case ApprovalStatus.WITHDRAWN:
            yield section(mrkdwn(_withdrawn(approval, closed)))
        case ApprovalStatus.APPROVED if approval.granted_by:
            yield section(mrkdwn("*Approved before*, for the rest of this run. Nobody was asked again."))
        case _:
            pass
    if approval.execution is not None:
        yield section(mrkdwn(f"{_ENDINGS[approval.execution.ending]} {when(approval.execution.at)}"))
        if result := result_in_words(approval.execution.result):
            yield section(plain(f"Result: {short(result, limits.NOTE)}"))


def _withdrawn(approval: Approval, closed: str) -> str:
    why = escape(short(visible(approval.closed_why), limits.NOTE))
    if approval.execution is not None:
        return f"*Closed* {closed}: {why}"
    outcome = approval.question is Question.OUTCOME
    by = f" by {person(approval.closed_by)}" if approval.closed_by else ""
    return (
        f"*Withdrawn*{by} {closed}: {why} {'Nobody said what happened.' if outcome else 'This was not done.'}"
    )


def _footer(approval: Approval) -> Iterator[str]:
    if not approval.is_final:
        time = duration(approval.expires_at - approval.requested_at)
        yield f"Decide by {when(approval.expires_at)}, {time} after it was asked"
        if approval.decisions:
            yield f"Still needed: {escape(still_needed(approval))}"
    if approval.severity is Severity.HIGH:
        yield "*High stakes*"
    yield f"Fingerprint `{approval.shown[:12]}`"


def _offers(approval: Approval, *, is_whole: bool) -> list[Block]:
    """The buttons of a card that waits; nobody approves what it does not show whole, or says cannot be done."""
    value = actions.pack_approval(approval)
    if approval.question is Question.OUTCOME:
        return _outcomes(approval, value, is_whole=is_whole)
    offered = _approving(approval, value) if is_whole and not approval.has_problem else []
    offered.append(actions.button(actions.REJECT, "Reject", value, style="danger"))
    if approval.offers.editable:
        offered.append(actions.button(actions.EDIT, "Edit", value))
    return offered


def _approving(approval: Approval, value: str) -> list[Block]:
    high = approval.severity is Severity.HIGH
    approve = actions.button(actions.APPROVE, "Approve", value, style="primary")
    offered = [approve | ({"confirm": actions.confirm(headline_of(approval))} if high else {})]
    if (bound := approval.offers.bound) and approval.offers.rest_of_run and not high:
        offered.append(rest_of_run.button(approval, bound, value))
    return offered


def _outcomes(approval: Approval, value: str, *, is_whole: bool) -> list[Block]:
    offered = [
        actions.button(actions.HAPPENED, "It happened", value),
        actions.button(actions.NOT_HAPPENED, "It did not happen", value),
    ]
    if approval.offers.retry and is_whole:
        again = actions.button(actions.TRY_AGAIN, "Try again", value, style="danger")
        asked = {"confirm": actions.confirm(headline_of(approval), "Try again")}
        offered.append(again | (asked if approval.severity is Severity.HIGH else {}))
    return offered


def _omitted(approval: Approval, arguments: Labelled) -> Iterator[Block]:
    """Say plainly that not everything is shown, and where it can be read and approved."""
    if arguments.omitted:
        button = ", and the button to approve" if approved_in_form(approval) else ""
        yield section(
            mrkdwn(
                f":warning: *{arguments.omitted:,} characters of the call are not shown here.* “Show everything” "
                f"has them{button}. SHA-256 of the whole call: `{approval.digest}`"
            )
        )
