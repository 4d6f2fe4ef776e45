"""The view of the Home tab, and the form that chooses a stand-in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.domain.approvals.approval import Approval, Ending, Question
from bot.domain.approvals.delegation import Delegation
from bot.domain.approvals.requirement import Severity
from bot.domain.recent_thread import RecentThread
from bot.domain.usage import Usage
from bot.slack import actions, limits
from bot.slack.blocks import (
    Block,
    buttons,
    context,
    divider,
    header,
    link,
    mrkdwn,
    person,
    plain,
    preformatted,
    rich,
    section,
    short,
    when,
)
from bot.slack.card_fields import labelled
from bot.slack.card_words import edited, headline_of, still_needed, why_of
from bot.slack.durations import duration
from bot.slack.markdown import escape
from bot.slack.payloads import reads
from bot.slack.preview_blocks import preview_blocks
from bot.slack.reset_picker import row
from bot.slack.usage_card import of_everybody

#: What Home shows of a call's arguments.
_ARGUMENTS: Final = 600
#: What it shows of a call's last change.
_CHANGES: Final = 300
#: What became of a call, in a few words; that it was not done is in its headline.
_ENDINGS: Final = {
    Ending.DONE: "done",
    Ending.OTHER: "done, but not as it was asked for",
    Ending.UNKNOWN: "nobody knows whether it happened",
}
_ALONE: Final = "Nobody decides in your place. Where somebody waits for your approval, a stand-in can give it while you are away."
_TO_BLOCK, _TO, _UNTIL_BLOCK, _UNTIL = "to", "user", "until", "moment"


@dataclass(frozen=True, slots=True)
class Page:
    """What a person's Home shows. Approvals come with the links to their threads."""

    now: datetime
    waiting: Sequence[tuple[Approval, str]]
    more: int
    counted: bool
    unsure: bool
    asked: Sequence[tuple[Approval, str]]
    stand_in: Delegation | None
    threads: Sequence[RecentThread]
    #: What everybody's requests of models used, by span of days; empty for who is not to see it.
    used: Mapping[str, Usage] = field(default_factory=dict[str, Usage])


def view(page: Page) -> dict[str, Any]:
    """Build the view for `views.publish`."""
    blocks = [
        *_waiting(page),
        divider(),
        *_asked(page),
        divider(),
        *_stand_in(page),
        divider(),
        *_threads(page),
        *_used(page),
    ]
    return {"type": "home", "blocks": blocks[: limits.VIEW_BLOCKS]}


def stand_in_view(now: datetime) -> dict[str, Any]:
    """Build the form that asks who stands in, and until when."""
    tomorrow = int((now + timedelta(days=1)).timestamp())
    return {
        "type": "modal",
        "callback_id": actions.STAND_IN_FORM,
        "title": plain("While I am away"),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "blocks": [
            section(plain("This person may decide in your place. Between you, you count once.")),
            _input(_TO_BLOCK, "Who", {"type": "users_select", "action_id": _TO}),
            _input(
                _UNTIL_BLOCK,
                "Until",
                {"type": "datetimepicker", "action_id": _UNTIL, "initial_date_time": tomorrow},
            ),
        ],
    }


@reads
def read_stand_in(view: Mapping[str, Any]) -> tuple[str, datetime]:
    """Read what `stand_in_view` brought back: a Slack id and a moment."""
    values = view["state"]["values"]
    until = values[_UNTIL_BLOCK][_UNTIL]["selected_date_time"]
    return str(values[_TO_BLOCK][_TO]["selected_user"]), datetime.fromtimestamp(float(until), UTC)


def stand_in_problem(text: str) -> dict[str, str]:
    """Say below the form's last field what is wrong."""
    return {_UNTIL_BLOCK: text}


def _waiting(page: Page) -> Iterator[Block]:
    yield header("Waiting for you")
    for approval, thread_link in page.waiting:
        value = actions.pack_approval(approval)
        asked = duration(page.now - approval.requested_at)
        left = duration(approval.expires_at - page.now)
        high = "*High stakes* · " if approval.severity is Severity.HIGH else ""
        yield section(
            mrkdwn(
                f"{high}*{escape(headline_of(approval))}*\n"
                f"{person(approval.requester)}, {asked} ago · {left} left · {link(thread_link, 'Open the thread')}"
            )
        )
        yield from preview_blocks(approval)
        arguments = labelled(approval.arguments, limit=_ARGUMENTS)
        yield rich(*arguments.elements)
        yield context(
            f"Why it is asked: {escape(short(why_of(approval), limits.NOTE))}",
            *(f"*Changed* by {person(change.by)} {when(change.at)}" for change in approval.edits[-1:]),
            f"Fingerprint `{approval.shown[:12]}`",
        )
        if approval.edits:
            yield preformatted(edited(approval.edits[-1], limit=_CHANGES))
        if arguments.omitted:
            yield context(f":warning: {arguments.omitted:,} characters are not shown; decide on the card.")
        choices = [] if arguments.omitted else _choices(approval, value)
        yield buttons(*choices, actions.button(actions.DETAILS, "Show everything", approval.id))
    if page.more:
        most = "" if page.counted else "up to "
        yield context(f"… and {most}{page.more:,} more. These are shown once some are decided.")
    if page.unsure:
        yield context(
            ":warning: Slack did not say of everything whether it is for you. Look again in a while."
        )
    if not (page.waiting or page.unsure):
        yield section(plain("Nothing. You are up to date."))


def _choices(approval: Approval, value: str) -> list[Block]:
    if approval.question is Question.OUTCOME:
        return [
            actions.button(actions.HAPPENED, "It happened", value),
            actions.button(actions.NOT_HAPPENED, "It did not happen", value),
        ]
    approve = actions.button(actions.APPROVE, "Approve", value, style="primary")
    if approval.severity is Severity.HIGH:
        approve |= {"confirm": actions.confirm(headline_of(approval))}
    approving = [] if approval.has_problem else [approve]
    choices = [*approving, actions.button(actions.REJECT, "Reject", value, style="danger")]
    edit = [actions.button(actions.EDIT, "Edit", value)] if approval.offers.editable else []
    return [*choices, *edit]


def _asked(page: Page) -> Iterator[Block]:
    yield header("What I asked for")
    for approval, thread_link in page.asked:
        missing = "" if approval.is_final else f" · still needed: {escape(still_needed(approval))}"
        ended = _ENDINGS.get(approval.execution.ending) if approval.execution else None
        ending = f" · {ended}" if ended else ""
        yield section(
            mrkdwn(
                f"{escape(headline_of(approval))}{ending}{missing}\n"
                f"{when(approval.requested_at)} · {link(thread_link, 'Open the thread')}"
            )
        )
    if not page.asked:
        yield section(plain("Nothing that needed anybody."))


def _stand_in(page: Page) -> Iterator[Block]:
    yield header("While I am away")
    if page.stand_in is None:
        yield section(plain(_ALONE))
        yield buttons(actions.button(actions.STAND_IN, "Choose a stand-in", "new"))
    else:
        until = when(page.stand_in.until)
        yield section(mrkdwn(f"{person(page.stand_in.to)} may decide in your place until {until}."))
        yield buttons(
            actions.button(actions.RETURN, "I am back", "now"),
            actions.button(actions.STAND_IN, "Choose another", "new"),
        )


def _threads(page: Page) -> Iterator[Block]:
    yield header("My threads")
    for thread in page.threads:
        yield row(thread)
    if not page.threads:
        yield section(plain("None yet. Mention me in a channel, or write to me in Messages."))


def _used(page: Page) -> Iterator[Block]:
    if page.used:
        yield divider()
        yield header("What models cost")
        yield from of_everybody(page.used)


def _input(block_id: str, label: str, element: Block) -> Block:
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element}
