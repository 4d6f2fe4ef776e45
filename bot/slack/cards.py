"""Approval cards and the forms around them: pure, and safe whatever a model or a person wrote.

Words of models, tools and people stand in `plain_text` or `rich_text_preformatted` elements only,
which Slack never reads for mentions, links or formatting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.approval import Approval, ApprovalStatus, Decision, Requirement, Verdict
from bot.slack import actions, limits
from bot.slack.arguments import Shown, shown
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
}
_NUMBERS: Final = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}

_REASON_BLOCK: Final = "reason"
_REASON_INPUT: Final = "reason_text"

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """A message: `text` for notifications (Slack's markup), `blocks` for everybody else."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class ClickedAt:
    """Where Reject was clicked, for a private answer there: a form's submission does not say."""

    channel: str
    thread_ts: str


@dataclass(frozen=True, slots=True)
class RejectForm:
    """What came back from the form behind Reject."""

    approval_id: str
    channel: str
    thread_ts: str
    reason: str


def marker(approval: Approval) -> dict[str, Any]:
    """The metadata by which an approval's card is found again."""
    return {"event_type": CARD, "event_payload": {"approval_id": approval.id}}


def pending_card(approval: Approval) -> Card:
    """Show everything a person needs in order to decide, with Approve and Reject."""
    buttons = [
        actions.button(actions.APPROVE, "Approve", approval.id, style="primary"),
        actions.button(actions.REJECT, "Reject", approval.id, style="danger"),
    ]
    given = [_decided(decision) for decision in approval.decisions]
    deadline = f"Decide by {_when(approval.expires_at)}"
    return _card(approval, [*given, _context(deadline, _fingerprint(approval)), _actions(buttons)])


def closed_card(approval: Approval) -> Card:
    """Show what became of an approval: who decided, when and why. Nothing left to click."""
    told: list[Block] = []
    for decision in approval.decisions:
        told += [_decided(decision), *_reason(decision)]
    closed = _when(approval.closed_at or approval.expires_at)
    if approval.status is ApprovalStatus.EXPIRED:
        told.append(_section(_mrkdwn(f"*Expired* {closed}: nobody decided in time. This was not done.")))
    if approval.status is ApprovalStatus.WITHDRAWN:
        told.append(_section(_mrkdwn(f"*Withdrawn* {closed}: the thread was reset. This was not done.")))
    return _card(approval, [*told, _context(_fingerprint(approval))])


def reject_view(approval: Approval, where: ClickedAt) -> dict[str, Any]:
    """Build the form that asks why, with the reason left to the person."""
    place = {"approval": approval.id, "channel": where.channel, "thread_ts": where.thread_ts}
    metadata = json.dumps(place, separators=(",", ":"))
    if len(metadata) > limits.PRIVATE_METADATA:
        raise ValueError("the form's metadata is too long")
    return {
        "type": "modal",
        "callback_id": actions.REJECT_FORM,
        "title": _plain("Reject"),
        "submit": _plain("Reject"),
        "close": _plain("Cancel"),
        "private_metadata": metadata,
        "blocks": [
            _section(_plain(f"{_tool(approval)} will not run. The agent is told why and goes on.")),
            {
                "type": "input",
                "block_id": _REASON_BLOCK,
                "optional": True,
                "label": _plain("Reason"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": _REASON_INPUT,
                    "multiline": True,
                    "max_length": limits.REASON,
                },
            },
        ],
    }


def read_reject_form(view: dict[str, Any]) -> RejectForm:
    """Read what `reject_view` brought back; raises `ValueError` or `KeyError` for another form."""
    place = json.loads(view["private_metadata"])
    given = view["state"]["values"][_REASON_BLOCK][_REASON_INPUT].get("value")
    return RejectForm(
        approval_id=place["approval"],
        channel=place["channel"],
        thread_ts=place["thread_ts"],
        reason=str(given or "").strip()[: limits.REASON],
    )


def reset_picker(threads: Sequence[tuple[str, str, str]]) -> Card:
    """List threads, each a (value, title, permalink), with a Reset button each.

    A click comes back with the value. Lists at most as many as a message holds blocks.
    """
    blocks: list[Block] = [_section(_plain("Which thread should I forget?"))]
    for value, title, permalink in threads[: limits.BLOCKS - 1]:
        name = _plain(visible(" ".join(title.split()), keep="")[:100] or "Untitled thread")
        link = _mrkdwn(f"<{escape(permalink).replace('|', '%7C')}|Open>")
        button = actions.button(actions.RESET, "Reset", value)
        blocks.append({"type": "section", "fields": [name, link], "accessory": button})
    return Card("Which thread should I forget?", blocks)


def _card(approval: Approval, below: Iterable[Block]) -> Card:
    headline = f"{_HEADLINES[approval.status]}: {_tool(approval)}"
    arguments = shown(approval.arguments, limit=limits.ARGUMENTS)
    by = _person(approval.requester)
    blocks: list[Block] = [
        {"type": "header", "text": _plain(_short(headline, limits.HEADER))},
        {
            "type": "section",
            "fields": [
                _mrkdwn(f"*Requested by*\n{by}"),
                _mrkdwn(f"*Who can decide*\n{escape(_deciders(approval.requirement))}"),
            ],
        },
        _section(
            _plain(f"Why it needs approval: {_short(visible(approval.requirement.why), limits.REASON)}")
        ),
        {"type": "rich_text", "elements": [_preformatted(element) for element in arguments.elements]},
        *_omitted(approval, arguments),
        *below,
    ]
    return Card(f"{escape(headline)}, requested by {by}", blocks)


def _omitted(approval: Approval, arguments: Shown) -> list[Block]:
    """Say plainly that not everything is shown, and how to recognise what is not."""
    if not arguments.omitted:
        return []
    return [
        _section(
            _mrkdwn(
                f":warning: *{arguments.omitted:,} characters of the arguments are not shown here.* "
                f"SHA-256 of the whole call: `{approval.digest}`"
            )
        )
    ]


def _decided(decision: Decision) -> Block:
    verdict = "Approved" if decision.verdict is Verdict.APPROVE else "Rejected"
    return _section(_mrkdwn(f"*{verdict}* by {_person(decision.by)} {_when(decision.at)}"))


def _reason(decision: Decision) -> list[Block]:
    reason = visible(decision.reason).strip()
    return [_section(_plain(f"Reason: {_short(reason, limits.REASON)}"))] if reason else []


def _deciders(requirement: Requirement) -> str:
    number = _NUMBERS.get(requirement.quorum, str(requirement.quorum))
    return f"{number} of {_short(visible(requirement.role, keep=''), 100)}, but not who asked"


def _tool(approval: Approval) -> str:
    return _short(visible(approval.tool, keep=""), 100)


def _fingerprint(approval: Approval) -> str:
    return f"Fingerprint `{approval.digest[:12]}`"


def _person(user: str) -> str:
    """Mention a person by id; anything that is no id is shown as it is."""
    is_id = user.isascii() and user.isalnum() and user[:1] in {"U", "W"}
    return f"<@{user}>" if is_id else escape(visible(user, keep=""))


def _when(moment: datetime) -> str:
    """Write a time that each reader sees in their own zone.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    fallback = f"{moment:%Y-%m-%d %H:%M %Z}".strip()
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _preformatted(text: str) -> Block:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}


def _section(text: Block) -> Block:
    return {"type": "section", "text": text}


def _context(*lines: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(line) for line in lines]}


def _actions(buttons: list[Block]) -> Block:
    return {"type": "actions", "elements": buttons}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
