"""What can happen to a thread: the entries of its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

from bot.approval import Verdict


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
    kind: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A person clicked Approve or Reject; whether it counts is decided later.

    `channel` and `thread_ts` are where the click was made, for a private answer there.
    """

    approval_id: str
    user: str
    verdict: Verdict
    at: datetime
    channel: str
    thread_ts: str | None = None
    reason: str = ""
    kind: Literal["decision"] = "decision"


@dataclass(frozen=True, slots=True)
class ExpiryDue:
    """The deadline of an approval has come."""

    approval_id: str
    kind: Literal["expiry"] = "expiry"


class ResetVia(StrEnum):
    """The four ways to reset a thread, for the words that confirm it."""

    PICKER = "picker"
    LINK = "link"
    SHORTCUT = "shortcut"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class ResetRequested:
    """A person asked, at Slack time `ts`, to forget the thread; older messages go with it."""

    user: str
    via: ResetVia
    ts: str
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


Event = MessageReceived | DecisionMade | ExpiryDue | ResetRequested | StopRequested | RetryRequested

LANES: dict[type, Lane] = {
    ResetRequested: Lane.INTERRUPT,
    StopRequested: Lane.INTERRUPT,
    DecisionMade: Lane.CONTROL,
    ExpiryDue: Lane.CONTROL,
    RetryRequested: Lane.CONTROL,
    MessageReceived: Lane.MESSAGE,
}
