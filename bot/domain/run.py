"""What a run of the agents ends with, and what a thread remembers between events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from bot.domain.approvals.approval import NO_OFFERS, Offers, digest
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.same_target import OnTarget
from bot.domain.approvals.staffing import Undecidable
from bot.domain.attachment import Attachment
from bot.domain.ends import CutAnswer, FailureKind, ModelEnd
from bot.domain.events import MessageReceived
from bot.domain.overheard import Said
from bot.domain.requester_events import MessageAltered
from bot.domain.tiers import AS_USUAL, Escalation


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A tool call with a side effect, stopped before it runs. `arguments` is canonical JSON.

    Every such call stops the run once, so that the intent (and its `call_id`) is saved before the effect. Where the policy
    asks for nobody, `requirements` is empty and the run goes on at once.
    `effect` names what it would do (`bot.domain.effects`). `asked` are the arguments as the model wrote them,
    `arguments` in the tool's own form. `refused` says why people are not even asked about it.
    `on_target` is what it acts on, with earlier calls on that.
    """

    call_id: str
    tool: str
    arguments: str
    requirements: tuple[Requirement, ...]
    offers: Offers = NO_OFFERS
    effect: str = ""
    tool_version: str = ""
    asked: str = ""
    refused: str = ""
    on_target: OnTarget | None = None

    @property
    def asked_digest(self) -> str:
        """The fingerprint of the call as the model wrote it."""
        return digest(self.tool, self.asked or self.arguments)


@dataclass(frozen=True, slots=True)
class BrokenCall:
    """A call that began and did not end: nobody knows whether it happened. `role` is asked.

    `effect` is its key in the journal, `arguments` what ran and `asked` what the model wrote. `approval` is the one it ran
    under, with its `needs` and `authors`; empty where nobody was asked. `said` is what the service reports of it all the same, `title` what it would do, as people were shown it.
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
    said: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class LetGo:
    """A call that nobody had to be asked about and that counts already, while it has yet to begin."""

    tool: str
    effect: str
    arguments: str
    requester: str


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
    """What is known of a side effect: `result` once it is done, before that the `call` itself.

    `difference` says how the result is not what was asked for; None in entries of earlier releases.
    """

    status: JournalStatus
    result: str | None = None
    call: BrokenCall | None = None
    difference: str | None = None

    @property
    def broke_off(self) -> bool:
        """Whether it began, and nobody knows how it ended."""
        return self.status in {JournalStatus.STARTED, JournalStatus.UNKNOWN}

    @property
    def is_open(self) -> bool:
        """Whether nobody knows how it ended, be it that it is to be tried again."""
        return self.broke_off or self.status is JournalStatus.AGAIN


@dataclass(frozen=True, slots=True)
class Completed:
    """The run ended with an answer; `text` is the model's own, unaltered. `cut` says why it is only a part."""

    text: str
    agent: str
    cut: ModelEnd | None = None
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
    """The run gave no answer, or only its beginning, `text`; `end` is how the model's ended. `reference` is shown, and in the log."""

    failure: FailureKind
    reference: str
    text: str = ""
    end: ModelEnd | None = None
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """The event needed no run: `text` is the bot's own words, not a model's. `waits`: more is to follow, which hangs on people.
    `withdrawable` are the approvals that it asks whether to withdraw, `forgets` those that a reset would; that may leave the files."""

    text: str
    waits: bool = False
    withdrawable: tuple[str, ...] = ()
    forgets: tuple[str, ...] = ()
    keeps_files: bool = False
    kind: Literal["notice"] = "notice"


Outcome = Completed | Interrupted | Unsure | Blocked | Stopped | Failed | Notice


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer to one event, while it is being given.

    `messages` are the `ts` of the Slack messages it fills, in order. `outcome` is set once
    the run has ended and only the delivery is left, so that a crash never runs it again.
    `closed` names approvals whose cards have yet to show what became of them. `remarks` are the
    bot's own words below the answer; `results` the marks of files that have yet to be sent,
    which was tried in vain `uploads` times. `also` are events of messages that were taken in on the way.
    """

    event_id: str
    messages: tuple[str, ...] = ()
    outcome: Outcome | None = None
    closed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    uploads: int = 0
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A reply that failed, with the words to read again; `joining`: they could not join the run that waits. `also` is as of the reply."""

    event_id: str
    messages: tuple[str, ...] = ()
    message: MessageReceived | None = None
    joining: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a thread remembers beside its session.

    `generation` grows with every reset, and messages older than `reset_ts` are void. `run_id` names the present run across
    processes: the event that began it. `authors` wrote what it has read since the last reset, the requester first.
    `approvals` belong to the saved run and stay until the resumed run has got past them; `grants` are those given for the
    rest of it, `effects` the names of what it has done before it was last saved. `replies` are those in progress: more than
    one only when a decision or a reset overtook a message whose delivery Slack had put off. `attached` are files that are not
    in the workspace yet, `sent` the marks of results that the thread has. `undecidable` is what people were told of approvals
    that nobody can decide, `rejected` the fingerprints of calls that were rejected in the run: nobody is asked about them
    again. `asked_in` are the `ts` of the requester's messages that the run has read, `gone` of messages that were deleted,
    the latest few. `words` are what the run was begun with, cut short. `below_card` is the approval below whose card the
    thread is: such a thread is no conversation. `joined` are those whose messages were taken into the run while it waited:
    what it asks for afterwards may be their wish. `let_go` are calls of its present step that count already. `cut` is the
    last answer, where it was cut: a person may let it go on. `reworded` are changes of messages that wait in line yet,
    `changed_late` the `ts` of messages that were changed after they had been read, as who wrote them was told. `people` have
    written in the thread; `answered` is whom the bot answered last, `asked_back` whether that ended in a question.
    `overheard` was said since, `recalled` is what the present run was told of that; `told_unsure`: somebody was told that the
    bot may have been meant. `reset_named` are approvals that a reset was asked about. `asked_first`: the `ts` of the mention that was read with what stood before it.
    `escalation` says which tier of models its agents speak with for now.
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
    undecidable: tuple[Undecidable, ...] = ()
    rejected: tuple[str, ...] = ()
    asked_in: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    words: str = ""
    below_card: str = ""
    joined: tuple[str, ...] = ()
    let_go: tuple[LetGo, ...] = ()
    cut: CutAnswer | None = None
    reworded: tuple[MessageAltered, ...] = ()
    changed_late: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    answered: str = ""
    asked_back: bool = False
    overheard: tuple[Said, ...] = ()
    recalled: tuple[Said, ...] = ()
    told_unsure: bool = False
    reset_named: tuple[str, ...] = ()
    asked_first: str = ""
    escalation: Escalation = AS_USUAL

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
