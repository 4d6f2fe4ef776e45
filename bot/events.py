"""What can happen to a thread: the entries of its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

from bot.approval import Verdict
from bot.attachment import Attachment


class Lane(IntEnum):
    """Which events overtake which; within a lane the Slack timestamp orders them."""

    INTERRUPT = 0  # stop, reset: also end the run that is under way
    CONTROL = 1  # decisions, expiries, retries
    MESSAGE = 2


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A person wrote in the thread."""

    ts: str
    user: str
    text: str
    files: tuple[Attachment, ...] = ()
    kind: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A person clicked Approve or Reject; whether it counts is decided later.

    `channel` and `thread_ts` are where the click was made, for a private answer there; without
    a channel it was made in Home. `card_ts` is the message that was clicked. `digest` begins the fingerprint of what the card showed;
    empty for a card that shows the call as it was asked for.
    """

    approval_id: str
    user: str
    verdict: Verdict
    at: datetime
    channel: str
    thread_ts: str | None = None
    reason: str = ""
    digest: str = ""
    card_ts: str = ""
    kind: Literal["decision"] = "decision"


@dataclass(frozen=True, slots=True)
class EditMade:
    """A person changed the arguments of a pending approval; canonical JSON. Else like a decision."""

    approval_id: str
    user: str
    arguments: str
    at: datetime
    channel: str
    thread_ts: str | None = None
    digest: str = ""
    card_ts: str = ""
    kind: Literal["edit"] = "edit"


@dataclass(frozen=True, slots=True)
class ClickTurnedAway:
    """Somebody clicked on a card from another workspace (`workspace`): it counts for nothing.

    `verdict` is what they wanted; the rest is as of a decision.
    """

    approval_id: str
    user: str
    workspace: str
    verdict: str
    at: datetime
    channel: str
    thread_ts: str | None = None
    kind: Literal["turned_away"] = "turned_away"


@dataclass(frozen=True, slots=True)
class ExpiryDue:
    """The deadline of an approval has come."""

    approval_id: str
    kind: Literal["expiry"] = "expiry"


@dataclass(frozen=True, slots=True)
class StrandedFound:
    """Something was approved a while ago and has not been done: it is to be looked at."""

    approval_id: str
    kind: Literal["stranded"] = "stranded"


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """It is time to remind those who have not decided yet."""

    approval_id: str
    kind: Literal["reminder"] = "reminder"


@dataclass(frozen=True, slots=True)
class EscalationDue:
    """It is time to let the backup of a role decide as well."""

    approval_id: str
    role: str
    kind: Literal["escalation"] = "escalation"


@dataclass(frozen=True, slots=True)
class RepairDue:
    """It is time to try again to show on these cards (channel, ts) what Slack had refused."""

    approval_id: str
    cards: tuple[tuple[str, str], ...]
    attempt: int
    kind: Literal["repair"] = "repair"


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A person looks at their Home tab, or what it shows has changed."""

    user: str
    kind: Literal["home"] = "home"


@dataclass(frozen=True, slots=True)
class DelegationSet:
    """A person chose who stands in for them, until when; nobody (any more) where `to` is empty."""

    user: str
    to: str
    until: datetime | None
    at: datetime
    kind: Literal["delegation"] = "delegation"


class ResetVia(StrEnum):
    """The four ways to reset a thread, for the words that confirm it."""

    PICKER = "picker"
    LINK = "link"
    SHORTCUT = "shortcut"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class ResetRequested:
    """A person asked, at Slack time `ts`, to forget the thread; older messages go with it.

    Its workspace goes too, unless `keeps_files`.
    """

    user: str
    via: ResetVia
    ts: str
    keeps_files: bool = False
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True)
class StopRequested:
    """A person pressed Stop on a running reply."""

    user: str
    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True)
class RetryRequested:
    """A person pressed Retry below a reply that failed; `event_id` is the failed event."""

    user: str
    event_id: str
    kind: Literal["retry"] = "retry"


Click = DecisionMade | EditMade
Timer = ExpiryDue | ReminderDue | EscalationDue | RepairDue
Event = (
    MessageReceived
    | Click
    | ClickTurnedAway
    | Timer
    | StrandedFound
    | ResetRequested
    | StopRequested
    | RetryRequested
    | HomeOpened
    | DelegationSet
)

LANES: dict[type, Lane] = {
    ResetRequested: Lane.INTERRUPT,
    StopRequested: Lane.INTERRUPT,
    DecisionMade: Lane.CONTROL,
    EditMade: Lane.CONTROL,
    ClickTurnedAway: Lane.CONTROL,
    ExpiryDue: Lane.CONTROL,
    ReminderDue: Lane.CONTROL,
    EscalationDue: Lane.CONTROL,
    RepairDue: Lane.CONTROL,
    StrandedFound: Lane.CONTROL,
    DelegationSet: Lane.CONTROL,
    HomeOpened: Lane.MESSAGE,
    RetryRequested: Lane.CONTROL,
    MessageReceived: Lane.MESSAGE,
}
