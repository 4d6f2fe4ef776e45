"""What a run of the agents ends with, and what a thread remembers between events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.approval import Requirement


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A tool call that an approval policy stopped. `arguments` is canonical JSON."""

    call_id: str
    tool: str
    arguments: str
    requirement: Requirement


class FailureKind(StrEnum):
    """Why a run gave no answer, as far as a person needs to know."""

    MODEL_BUSY = "model_busy"
    MODEL_UNREACHABLE = "model_unreachable"
    MODEL_REFUSED = "model_refused"
    MODEL_GARBLED = "model_garbled"
    TOO_LONG = "too_long"
    STALE_RUN = "stale_run"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Completed:
    """The run ended with an answer; `text` is the model's own, unaltered."""

    text: str
    agent: str
    kind: Literal["completed"] = "completed"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The run waits for people; `text` is what the model said before it stopped."""

    text: str
    agent: str
    calls: tuple[PendingCall, ...]
    kind: Literal["interrupted"] = "interrupted"


@dataclass(frozen=True, slots=True)
class Blocked:
    """The input guardrail refused the message before any agent saw it."""

    reason: str
    kind: Literal["blocked"] = "blocked"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person stopped the run; `text` is what had been said by then."""

    text: str
    kind: Literal["stopped"] = "stopped"


@dataclass(frozen=True, slots=True)
class Failed:
    """The run gave no answer. `reference` is shown to the person and written to the log."""

    failure: FailureKind
    reference: str
    kind: Literal["failed"] = "failed"


Outcome = Completed | Interrupted | Blocked | Stopped | Failed


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer to one event, while it is being given.

    `messages` are the `ts` of the Slack messages it fills, in order. `outcome` is set once
    the run has ended and only the delivery is left, so that a crash never runs it again.
    """

    event_id: str
    messages: tuple[str, ...] = ()
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a thread remembers beside its session. `generation` grows with every reset."""

    generation: int = 0
    title: str = ""
    agent: str | None = None
    requester: str | None = None
    reply: Reply | None = None
    approvals: tuple[str, ...] = ()
