"""The forms behind a card's buttons. Pure; each one's answer is read beside where it is built."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.approvals.approval import Approval, canonical
from bot.domain.approvals.tool_form import ToolForm
from bot.slack import actions, edit_fields, limits
from bot.slack.blocks import Block, context, mrkdwn, person, plain, preformatted, rich, section, short, when
from bot.slack.card_fields import Labelled, labelled
from bot.slack.card_words import edited, headline_of, what_of, why_of
from bot.slack.cards import approved_in_form
from bot.slack.deceptive_characters import visible
from bot.slack.payloads import reads
from bot.slack.preview_blocks import preview_blocks
from bot.slack.stored_arguments import shown

_REASON_BLOCK: Final = "reason"
_REASON_INPUT: Final = "reason_text"
#: Elements of it in one view, and their size as JSON: the rest of a view's 100 blocks and 250 kB
#: (`view_too_large`) is for changes and reasons.
ELEMENTS: Final = 60
VIEW_ROOM: Final = 190_000
#: What the form with everything shows of the arguments; the rest would not fit into a view.
EVERYTHING: Final = 150_000
#: Who approves in a form says that they have read it: there is no second question as below a button.
_READ: Final = {
    "type": "input",
    "block_id": "read",
    "label": plain("Before you approve"),
    "element": {
        "type": "checkboxes",
        "action_id": "whole",
        "options": [{"text": plain("I have read all of it"), "value": "read"}],
    },
}


@dataclass(frozen=True, slots=True)
class ClickedAt:
    """Where a button was clicked, for a private answer there: a form's submission does not say."""

    channel: str
    thread_ts: str
    message_ts: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """What came back from a form: which approval, what it showed, and where it was opened."""

    approval_id: str
    fingerprint: str
    where: ClickedAt


def reject_view(approval: Approval, where: ClickedAt) -> dict[str, Any]:
    """Build the form that asks why; the reason is optional unless the tool's policy wants one."""
    field = {
        "type": "plain_text_input",
        "action_id": _REASON_INPUT,
        "multiline": True,
        "max_length": limits.REASON,
    }
    return _view(
        "Reject",
        section(
            plain(
                f"“{short(what_of(approval), limits.NOTE)}” will not be done. The agent is told why and goes on."
            )
        ),
        {
            "type": "input",
            "block_id": _REASON_BLOCK,
            "optional": not approval.offers.reason_required,
            "label": plain("Reason"),
            "element": field,
        },
        callback_id=actions.REJECT_FORM,
        submit="Reject",
        metadata=_metadata(approval, where),
    )


@reads
def read_reason(view: Mapping[str, Any]) -> str:
    """Read the reason out of what `reject_view` brought back."""
    given = view["state"]["values"][_REASON_BLOCK][_REASON_INPUT].get("value")
    return str(given or "").strip()[: limits.REASON]


def edit_view(approval: Approval, form: ToolForm, where: ClickedAt) -> dict[str, Any]:
    """Build the form that changes the arguments, out of the tool's JSON schema."""
    arguments: dict[str, Any] = json.loads(approval.arguments)
    inputs = edit_fields.inputs(form, arguments, approval.offers.editable)
    fixed = {name: value for name, value in arguments.items() if name not in approval.offers.editable}
    note = "You will not be able to approve it then: somebody else has to. Earlier approvals are dropped."
    unchanged = labelled(canonical(fixed), limit=limits.ARGUMENTS) if fixed else None
    return _view(
        "Edit and pass on",
        section(plain(f"“{short(what_of(approval), limits.NOTE)}”: what should it be? {note}")),
        *inputs,
        *(_unchanged(unchanged) if unchanged else ()),
        callback_id=actions.EDIT_FORM,
        submit="Change",
        metadata=_metadata(approval, where),
    )


def _unchanged(arguments: Labelled) -> Iterator[Block]:
    yield context("These stay as they are:")
    yield rich(*arguments.elements)
    if arguments.omitted:
        yield context(
            f":warning: {arguments.omitted:,} characters are not shown; “Show everything” has them."
        )


@reads
def read_edit(view: Mapping[str, Any], form: ToolForm, approval: Approval) -> tuple[str, dict[str, str]]:
    """Read the changed arguments (canonical JSON), and what is wrong with them by block id."""
    arguments: dict[str, Any] = json.loads(approval.arguments)
    given, problems = edit_fields.read(view["state"]["values"], form, approval.offers.editable, arguments)
    arguments |= given
    if not problems:
        found = form.problems(arguments)
        problems = {edit_fields.block_id(name): text[:150] for name, text in found.items()}
        problems = {block: text for block, text in problems.items() if block in view["state"]["values"]}
        if found and not problems:
            problems = everywhere(view, "This cannot be done with these values.")
    return canonical(arguments if problems else form.canonical(arguments)), problems


def shows_all(arguments: str) -> bool:
    """Tell whether a person can be shown every character of canonical arguments."""
    everything = shown(arguments, limit=EVERYTHING)
    return not everything.omitted and len(_fitting(everything.elements)) == len(everything.elements)


def _fitting(elements: Sequence[str]) -> list[str]:
    """Keep as many elements as a view takes, by blocks and by its size as JSON."""
    kept: list[str] = []
    room = VIEW_ROOM
    for text in elements[:ELEMENTS]:
        room -= len(json.dumps(text))
        if room < 0:
            break
        kept.append(text)
    return kept


def _said(approval: Approval) -> list[Block]:
    """The words of those who decided and of the tool, whole."""
    texts = [(f"Reason of {person(d.by)}:", visible(d.reason)) for d in approval.decisions[-10:] if d.reason]
    if approval.execution and approval.execution.result:
        texts.append(("Result:", visible(approval.execution.result)))
    return [
        block for label, text in texts for block in (context(label), section(plain(text[: limits.SECTION])))
    ]


def everywhere(view: Mapping[str, Any], text: str) -> dict[str, str]:
    """Say something of the form as a whole: below its first field, for it has no other place."""
    return {next(iter(view["state"]["values"])): short(visible(text, keep=""), limits.FIELD_ERROR)}


def details_view(approval: Approval, where: ClickedAt | None = None) -> dict[str, Any]:
    """Show all of a call: every character of its arguments, its changes, its fingerprint.

    With the place of the click, it is approved here, which asks for a tick below all of it: of a call that no card
    can show whole.
    """
    everything = shown(approval.arguments, limit=EVERYTHING)
    kept = _fitting(everything.elements)
    missing = everything.omitted + sum(len(text) for text in everything.elements[len(kept) :])
    cut = [context(f":warning: {missing:,} characters are not shown.")] if missing else []
    history: list[Block] = []
    for change in approval.edits[-5:]:
        history += [
            context(f"Changed by {person(change.by)} {when(change.at)}"),
            preformatted(edited(change, limit=limits.ARGUMENTS_ELEMENT)),
        ]
    approves = where is not None and not missing and approved_in_form(approval)
    return _view(
        "Everything",
        section(plain(headline_of(approval))),
        *preview_blocks(approval),
        section(plain(why_of(approval)[: limits.SECTION])),
        *(preformatted(text) for text in kept),
        *cut,
        *history,
        *_said(approval),
        section(mrkdwn(f"Requested by {person(approval.requester)} {when(approval.requested_at)}")),
        context(f"SHA-256 of tool and arguments: `{approval.digest}`"),
        *([_READ] if approves else []),
        callback_id=actions.APPROVE_FORM if approves else "details",
        submit="Approve" if approves else "",
        metadata=_metadata(approval, where) if approves and where else "",
    )


@reads
def read_submission(view: Mapping[str, Any]) -> Submission:
    """Read what a form was about; raises `NotUnderstood` for a form of others."""
    place = json.loads(view["private_metadata"])
    where = ClickedAt(place["channel"], place["thread_ts"], place.get("message_ts", ""))
    return Submission(place["approval"], place.get("digest", ""), where)


def _metadata(approval: Approval, where: ClickedAt) -> str:
    place = {
        "approval": approval.id,
        "digest": approval.shown,
        "channel": where.channel,
        "thread_ts": where.thread_ts,
        "message_ts": where.message_ts,
    }
    written = json.dumps(place, separators=(",", ":"))
    if len(written) > limits.PRIVATE_METADATA:
        raise ValueError("the form's metadata is too long")
    return written


def _view(
    title: str, *blocks: Block, callback_id: str, submit: str = "", metadata: str = ""
) -> dict[str, Any]:
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "close": plain("Cancel" if submit else "Close"),
        "blocks": list(blocks),
    }
    if submit:
        view["submit"] = plain(submit)
    return view | ({"private_metadata": metadata} if metadata else {})
