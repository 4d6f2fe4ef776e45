"""What who asked for a call can still do about it, as entries of their thread's inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from bot.domain.traced import Traced

#: Names whatever waits: of a reset that was made before, and is made again.
EVERYTHING: Final = "*"


@dataclass(frozen=True, slots=True)
class WithdrawalAsked(Traced):
    """A person clicked Withdraw; whether it is theirs to withdraw is decided later. Else like a decision.

    `asked_back`: the click answers the bot's question whether to withdraw, and was on no card.
    """

    approval_id: str
    user: str
    at: datetime
    channel: str
    thread_ts: str | None = None
    card_ts: str = ""
    asked_back: bool = False
    kind: Literal["withdrawal"] = "withdrawal"


@dataclass(frozen=True, slots=True)
class ReminderAsked(Traced):
    """A person clicked "Remind them". Else like a withdrawal."""

    approval_id: str
    user: str
    at: datetime
    channel: str
    thread_ts: str | None = None
    kind: Literal["reminder_asked"] = "reminder_asked"


@dataclass(frozen=True, slots=True)
class MessageAltered:
    """A message of the thread was changed or deleted after it had been written, by whom Slack does not say.

    `user` wrote it, at Slack time `ts`. Where it was changed, `text` and what follows are as in `MessageReceived`.
    """

    ts: str
    user: str
    deleted: bool
    text: str = ""
    below: str = ""
    quoted: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kind: Literal["altered"] = "altered"


RequesterClick = WithdrawalAsked | ReminderAsked
