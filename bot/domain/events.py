"""What can happen to a thread: the entries of its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, Literal

from bot.domain.approvals.approval import Verdict
from bot.domain.attachment import Attachment
from bot.domain.feedback import VoteCast
from bot.domain.read_words import Place
from bot.domain.requester_events import MessageAltered, ReminderAsked, RequesterClick, WithdrawalAsked
from bot.domain.stranger import StrangerSpoke
from bot.domain.time_zone import TimeZone
from bot.domain.traced import Traced

#: How the id of a Retry begins, and that of a reset that no message asked for.
_RETRY: Final = "retry:"
_RESET: Final = "reset:"


class Lane(IntEnum):
    """Which events overtake which; within a lane the Slack timestamp orders them."""

    INTERRUPT = 0  # stop, reset: also end the run that is under way
    CONTROL = 1  # decisions, expiries, retries
    MESSAGE = 2


@dataclass(frozen=True, slots=True)
class MessageReceived(Traced):
    """A person wrote in the thread; to the bot by name where it is `addressed`.

    `continues` is the event whose answer was cut, where they pressed Continue below it. `below` is what it shows beside their words, a
    message they forward or a table; `quoted` wrote that. `names` are ids that stand in its text for what they name, until it `is_read`: then
    all that Slack had to be asked for is in it, with the author's `zone`; `earlier` is where `below` has what others had said. `to_others`: it
    mentions somebody, and not the bot. What was read from history knows who wrote in the thread `before`; `late`: others have written since.
    """

    ts: str
    user: str
    text: str
    files: tuple[Attachment, ...] = ()
    addressed: bool = True
    continues: str = ""
    kind: Literal["message"] = "message"
    below: str = ""
    quoted: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    is_read: bool = False
    to_others: bool = False
    before: tuple[str, ...] = ()
    late: bool = False
    zone: TimeZone | None = None
    earlier: tuple[Place, ...] = ()

    @property
    def whole(self) -> str:
        """Their words, and what it shows below them."""
        return f"{self.text}\n\n{self.below}".strip()


@dataclass(frozen=True, slots=True)
class DecisionMade(Traced):
    """A person clicked Approve or Reject; whether it counts is decided later.

    `channel` and `thread_ts` are where the click was made, for a private answer there; without a channel it was made in Home.
    `card_ts` is the message that was clicked. `digest` begins the fingerprint of what the card showed; empty for one that shows what was asked.
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
class EditMade(Traced):
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
    """Somebody clicked from another `workspace`: it counts for nothing. `verdict` is what they wanted; else like a decision."""

    approval_id: str
    user: str
    workspace: str
    verdict: str
    at: datetime
    channel: str
    thread_ts: str | None = None
    kind: Literal["turned_away"] = "turned_away"


@dataclass(frozen=True, slots=True)
class ExpiryDue(Traced):
    """The deadline of an approval has come."""

    approval_id: str
    kind: Literal["expiry"] = "expiry"


@dataclass(frozen=True, slots=True)
class StrandedFound(Traced):
    """Something was approved a while ago and has not been done: it is to be looked at."""

    approval_id: str
    kind: Literal["stranded"] = "stranded"


@dataclass(frozen=True, slots=True)
class ReminderDue(Traced):
    """It is time to remind those who have not decided yet."""

    approval_id: str
    kind: Literal["reminder"] = "reminder"


@dataclass(frozen=True, slots=True)
class EscalationDue(Traced):
    """It is time to let the backup of a role decide as well."""

    approval_id: str
    role: str
    kind: Literal["escalation"] = "escalation"


@dataclass(frozen=True, slots=True)
class StaffingDue(Traced):
    """It is time to look whether anybody could decide an approval; `number` counts looks since its `edits`-th change, what is older is void."""

    approval_id: str
    edits: int = 0
    number: int = 0
    kind: Literal["staffing"] = "staffing"


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
class ResetRequested(Traced):
    """A person asked, at Slack time `ts`, to forget the thread; older messages go with it.

    Its workspace goes too, unless `keeps_files`. `named` are approvals that they were told are withdrawn: where others wait, they
    are asked first. `asked_in` is the message that asked, where its button was pressed.
    """

    user: str
    via: ResetVia
    ts: str
    keeps_files: bool = False
    kind: Literal["reset"] = "reset"
    named: tuple[str, ...] = ()
    asked_in: str = ""


@dataclass(frozen=True, slots=True)
class StopRequested(Traced):
    """A person pressed Stop on a running reply."""

    user: str
    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True)
class RetryRequested(Traced):
    """A person pressed Retry below a reply that failed; `event_id` is the failed event."""

    user: str
    event_id: str
    kind: Literal["retry"] = "retry"


def message_id(channel: str, ts: str) -> str:
    """The id of the event that tells of a message, whichever way it came."""
    return f"msg:{channel}:{ts}"


def reset_id(user: str, via: ResetVia, ts: str) -> str:
    """The id of the wish to forget a thread, where no message has it: all that it takes to make it again."""
    return f"{_RESET}{ts}:{user}:{via.value}"


def reset_named(event_id: str) -> ResetRequested | None:
    """The wish to forget a thread that has this id; None for that of anything else."""
    parts = event_id.removeprefix(_RESET).split(":") if event_id.startswith(_RESET) else []
    if len(parts) != 3 or parts[2] not in {*ResetVia}:
        return None
    return ResetRequested(parts[1], ResetVia(parts[2]), parts[0])


def retry_id(event_id: str, at: str) -> str:
    """The id of the wish to try an event again, of the moment `at` in Slack's form."""
    return f"{_RETRY}{event_id}:{at}"


def origin(event_id: str) -> str:
    """The event that is tried again, however often it was; of any other the event itself."""
    while event_id.startswith(_RETRY):
        event_id = event_id.removeprefix(_RETRY).rpartition(":")[0]
    return event_id


Click = DecisionMade | EditMade
Timer = ExpiryDue | ReminderDue | EscalationDue | RepairDue
Event = (
    MessageReceived
    | Click
    | RequesterClick
    | MessageAltered
    | ClickTurnedAway
    | Timer
    | StaffingDue
    | StrandedFound
    | ResetRequested
    | StopRequested
    | RetryRequested
    | VoteCast
    | HomeOpened
    | DelegationSet
    | StrangerSpoke
)

LANES: dict[type, Lane] = {
    ResetRequested: Lane.INTERRUPT,
    StopRequested: Lane.INTERRUPT,
    DecisionMade: Lane.CONTROL,
    EditMade: Lane.CONTROL,
    WithdrawalAsked: Lane.CONTROL,
    ReminderAsked: Lane.CONTROL,
    MessageAltered: Lane.CONTROL,
    ClickTurnedAway: Lane.CONTROL,
    ExpiryDue: Lane.CONTROL,
    ReminderDue: Lane.CONTROL,
    EscalationDue: Lane.CONTROL,
    RepairDue: Lane.CONTROL,
    StaffingDue: Lane.CONTROL,
    StrandedFound: Lane.CONTROL,
    DelegationSet: Lane.CONTROL,
    StrangerSpoke: Lane.CONTROL,
    HomeOpened: Lane.MESSAGE,
    RetryRequested: Lane.CONTROL,
    VoteCast: Lane.CONTROL,
    MessageReceived: Lane.MESSAGE,
}
