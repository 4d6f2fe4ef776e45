"""What a run of the agents ends with, and what a thread remembers between events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from bot.approval import NO_OFFERS, Offers
from bot.attachment import Attachment
from bot.events import MessageReceived
from bot.requirement import Requirement


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A tool call with a side effect, stopped before it runs. `arguments` is canonical JSON.

    Every such call stops the run once, so that the intent (and its `call_id`) is saved before
    the effect. Where the policy asks for nobody, `requirements` is empty and the run goes on at once.
    """

    call_id: str
    tool: str
    arguments: str
    requirements: tuple[Requirement, ...]
    offers: Offers = NO_OFFERS


@dataclass(frozen=True, slots=True)
class BrokenCall:
    """A call that began and did not end: nobody knows whether it happened. `role` is asked.

    `effect` is its key in the journal, `arguments` what ran and `asked` what the model wrote.
    `approval` is the one it ran under, with its `needs` and `authors`; empty where nobody was asked.
    """

    call_id: str
    tool: str
    arguments: str
    asked: str
    effect: str
    role: str
    authors: tuple[str, ...] = ()
    needs: tuple[Requirement, ...] = ()
    approval: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A workspace that was stored in parts: `name` is its hash, `size` its bytes as an archive.

    `replaces` are the parts of others, which go when it counts.
    """

    name: str
    parts: int
    size: int
    replaces: tuple[str, ...] = ()

    def part(self, number: int) -> str:
        """The name of one of its parts."""
        return f"{self.name}:{number}"


class JournalStatus(StrEnum):
    """How far a side effect is known to have come.

    `AGAIN`: a person has looked and wants it done again, or it was not made and the run went on;
    either way a new try has the same key.
    """

    STARTED = "started"
    DONE = "done"
    UNKNOWN = "unknown"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What is known of a side effect: `result` once it is done, before that the `call` itself."""

    status: JournalStatus
    result: str | None = None
    call: BrokenCall | None = None

    @property
    def broke_off(self) -> bool:
        """Whether it began, and nobody knows how it ended."""
        return self.status in {JournalStatus.STARTED, JournalStatus.UNKNOWN}

    @property
    def is_open(self) -> bool:
        """Whether nobody knows how it ended, be it that it is to be tried again."""
        return self.broke_off or self.status is JournalStatus.AGAIN


class FailureKind(StrEnum):
    """Why a run gave no answer, as far as a person needs to know."""

    MODEL_BUSY = "model_busy"
    MODEL_UNREACHABLE = "model_unreachable"
    MODEL_REFUSED = "model_refused"
    MODEL_GARBLED = "model_garbled"
    TOO_LONG = "too_long"
    STALE_RUN = "stale_run"
    SANDBOX = "sandbox"
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
class Unsure:
    """The run waits for people to say whether these calls happened."""

    calls: tuple[BrokenCall, ...]
    kind: Literal["unsure"] = "unsure"


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


@dataclass(frozen=True, slots=True)
class Notice:
    """The event needed no run: `text` is the bot's own words, not a model's."""

    text: str
    kind: Literal["notice"] = "notice"


Outcome = Completed | Interrupted | Unsure | Blocked | Stopped | Failed | Notice


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer to one event, while it is being given.

    `messages` are the `ts` of the Slack messages it fills, in order. `outcome` is set once
    the run has ended and only the delivery is left, so that a crash never runs it again.
    `closed` names approvals whose cards have yet to show what became of them. `remarks` are the
    bot's own words below the answer; `results` the marks of files that have yet to be sent,
    which was tried in vain `uploads` times.
    """

    event_id: str
    messages: tuple[str, ...] = ()
    outcome: Outcome | None = None
    closed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    uploads: int = 0


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A reply that failed: its event, its Slack messages, and the words to read again, if any.

    `joining` are words that could not join the run that waits.
    """

    event_id: str
    messages: tuple[str, ...] = ()
    message: MessageReceived | None = None
    joining: bool = False


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a thread remembers beside its session.

    `generation` grows with every reset, and messages older than `reset_ts` are void.
    `run_id` names the present run across processes: the event that began it. `authors` wrote
    what it has read since the last reset, the requester first. `approvals` belong to the saved run and stay until
    the resumed run has got past them; `grants` are those given for the rest of it, `effects` the
    names of what it has done before it was last saved. `replies` are those in progress: more than one only when
    a decision or a reset overtook a message whose delivery Slack had put off. `attached` are files
    that are not in the workspace yet, `sent` the marks of results that the thread has.
    """

    generation: int = 0
    reset_ts: str = ""
    title: str = ""
    agent: str | None = None
    run_id: str = ""
    authors: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()
    approvals: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    failed: Unanswered | None = None
    attached: tuple[Attachment, ...] = ()
    sent: tuple[str, ...] = ()

    def reply_to(self, event_id: str) -> Reply | None:
        """Find the reply in progress to an event."""
        return next((reply for reply in self.replies if reply.event_id == event_id), None)

    def with_reply(self, reply: Reply) -> ThreadState:
        """Put a reply in the place of the one to the same event."""
        return replace(self, replies=(*self._others(reply.event_id), reply))

    def without_reply(self, event_id: str) -> ThreadState:
        """Drop the reply to an event: it is delivered."""
        return replace(self, replies=self._others(event_id))

    def _others(self, event_id: str) -> tuple[Reply, ...]:
        return tuple(reply for reply in self.replies if reply.event_id != event_id)
