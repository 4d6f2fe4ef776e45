"""Approvals: the record of one tool call of one run that waits for people, and of what they said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.approvals.bound import Bound
from bot.domain.approvals.preview import Preview, PreviewChange, fingerprint
from bot.domain.approvals.quorum import missing
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.approvals.same_target import OnTarget
from bot.domain.thread import ThreadRef
from bot.domain.tool_title import title_of
from bot.domain.traced import Traced


class ApprovalStatus(StrEnum):
    """Where an approval stands; every status but `PENDING` is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    REFUSED = "refused"


FINAL = frozenset(ApprovalStatus) - {ApprovalStatus.PENDING}


class Question(StrEnum):
    """What the people are asked: may it happen, or (it broke off) did it happen."""

    GO_AHEAD = "go_ahead"
    OUTCOME = "outcome"


class Verdict(StrEnum):
    """What a person can say to a pending approval."""

    APPROVE = "approve"
    APPROVE_REST = "approve_rest"
    REJECT = "reject"
    HAPPENED = "happened"
    NOT_HAPPENED = "not_happened"
    RETRY = "retry"


APPROVING = frozenset({Verdict.APPROVE, Verdict.APPROVE_REST})


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's answer. `at` is when Slack saw the click, `digest` what the card showed (`Approval.shown`).

    `roles` are the ones it counts for and `holder` is whose place it fills: the person's own,
    or that of somebody they stand in for.
    """

    by: str
    verdict: Verdict
    at: datetime
    reason: str = ""
    digest: str = ""
    roles: tuple[str, ...] = ()
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the arguments before the approval; canonical JSON before and after. It made the approvals of `void` void."""

    by: str
    at: datetime
    before: str
    after: str
    void: tuple[str, ...] = ()


class Ending(StrEnum):
    """What became of an approved call."""

    DONE = "done"
    FAILED = "failed"
    OTHER = "other"
    UNKNOWN = "unknown"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of an approved call, and what its tool said."""

    ending: Ending
    at: datetime
    result: str = ""


#: The place of the card in the thread itself; other places are the ids of channels and people.
THREAD = "thread"


@dataclass(frozen=True, slots=True)
class CardRef:
    """A delivered card: the channel and `ts` of its message, and the place it was meant for."""

    channel: str
    ts: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be done beside Approve and Reject, or, of an outcome, beside saying what it was.

    `bound` says how far an approval for the rest of the run reaches: without one, not at all.
    """

    editable: tuple[str, ...] = ()
    rest_of_run: bool = False
    reason_required: bool = False
    retry: bool = True
    bound: Bound | None = None


NO_OFFERS = Offers()


@dataclass(frozen=True, slots=True)
class Approval(Traced):
    """The record of one interrupted tool call.

    `asked` are its arguments as the model wrote them and `arguments` as they would run, both
    canonical JSON. `authors` are all whose words or changes went into it: none of them may
    decide. `may_repeat`: it was asked for while the store was set back, and may have been before. `title` is what people read for `tool`, `words` what the requester wrote. `effect` is the journal's key (of a call that was not made yet: as it was foretold when
    people were asked). Of a call whose outcome is in question, `about` is the approval it ran under, if any, and `again` what has to be agreed to before it is tried again.
    `tool_version` names what the tool was when it was asked for; see `ApprovedTool`. `preview` is what the card shows of
    the world, `preview_changes` the last times that it was another at a click. `closed_by` is who withdrew it, where a person did,
    `words_changed_at` when the message that asked for it was changed, `nudged_at` when its approvers were reminded because who
    asked wanted it. It is number `twin` of `twins` calls that are the same and were asked for at once. `passed_on` are the amounts of the calls that it was
    passed on to, as an approval for the rest of its run. `on_target` is what else was made on, or waits for, what it acts on.
    `counted` is the name under which the call of a question without its run counts in sums.
    """

    id: str
    thread: ThreadRef
    generation: int
    call_id: str
    tool: str
    arguments: str
    requester: str
    authors: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    requested_at: datetime
    expires_at: datetime
    run_id: str = ""
    asked: str = ""
    question: Question = Question.GO_AHEAD
    effect: str = ""
    about: str = ""
    again: tuple[Requirement, ...] = ()
    offers: Offers = NO_OFFERS
    tool_version: str = ""
    status: ApprovalStatus = ApprovalStatus.PENDING
    decisions: tuple[Decision, ...] = ()
    edits: tuple[Edit, ...] = ()
    escalated: tuple[str, ...] = ()
    reminders: int = 0
    closed_at: datetime | None = None
    closed_why: str = ""
    closed_by: str = ""
    words_changed_at: datetime | None = None
    reminded_at: datetime | None = None
    nudged_at: datetime | None = None
    twin: int = 1
    twins: int = 1
    granted_by: str = ""
    execution: Execution | None = None
    cards: tuple[CardRef, ...] = ()
    may_repeat: bool = False
    title: str = ""
    preview: Preview | None = None
    preview_changes: tuple[PreviewChange, ...] = ()
    words: str = ""
    passed_on: tuple[str, ...] = ()
    on_target: OnTarget | None = None
    counted: str = ""

    @property
    def named(self) -> str:
        """What people read where its tool is meant; records of earlier releases have no title."""
        return self.title or title_of(self.tool)

    @property
    def digest(self) -> str:
        """The fingerprint of the call: SHA-256 over the tool and its canonical arguments."""
        return digest(self.tool, self.arguments)

    @property
    def shown(self) -> str:
        """The fingerprint of what a card shows: of the call, of its preview, of its number among identical ones."""
        seen = fingerprint(self.digest, self.preview)
        return seen if self.twins == 1 else digest(seen, f"{self.twin} of {self.twins}")

    @property
    def asked_digest(self) -> str:
        """The fingerprint of the call as the model wrote it."""
        return digest(self.tool, self.asked or self.arguments)

    @property
    def calls(self) -> frozenset[str]:
        """The fingerprints of the call as it was asked for first, and as it was changed."""
        first = self.edits[0].before if self.edits else self.arguments
        return frozenset({digest(self.tool, first), self.digest})

    @property
    def is_detached(self) -> bool:
        """Whether this is a question whose run is no more; see `detach`."""
        return self.question is Question.OUTCOME and not self.effect

    @property
    def did_not_happen(self) -> bool:
        """Whether this is a question to which somebody has said so."""
        said = self.decisions[-1].verdict if self.status is ApprovalStatus.ANSWERED else None
        return said is Verdict.NOT_HAPPENED

    @property
    def has_problem(self) -> bool:
        """Whether its card says that it cannot be done as it stands: then nobody is offered to approve it."""
        return self.preview is not None and bool(self.preview.problem)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def has_yet_to_run(self) -> bool:
        """Whether it was approved and nothing is on record of its call."""
        return self.status is ApprovalStatus.APPROVED and self.execution is None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may decide, those of joined backups included."""
        roles: list[str] = []
        for one in (*self.requirements, *self.again):
            roles.append(one.role)
            if one.role in self.escalated:
                roles.append(one.escalate_to)
        return tuple(dict.fromkeys(roles))

    @property
    def severity(self) -> Severity:
        needs = (*self.requirements, *self.again)
        return max((one.severity for one in needs), default=Severity.NORMAL)

    @property
    def missing(self) -> dict[str, int]:
        """How many people of which role still have to agree."""
        if retries := [d.roles for d in self.decisions if d.verdict is Verdict.RETRY]:
            return missing(self.again or self.requirements, retries)
        return missing(self.requirements, [d.roles for d in self._approvals()])

    def bars(self, user: str) -> bool:
        """Tell whether nothing this person does can change it, whatever Slack says of them."""
        return self.is_final or user in {self.requester, *self.authors}

    def seen_anew_by(self, user: str, at: datetime) -> PreviewChange | None:
        """What a person's click of this moment has found to be another than the card showed."""
        found = (one for one in self.preview_changes if (one.by, one.at) == (user, at))
        return next(found, None)

    def _approvals(self) -> list[Decision]:
        """The approvals of what is shown now; those of other arguments, or of another preview, do not count."""
        return [d for d in self.decisions if d.verdict in APPROVING and d.digest == self.shown]


def canonical(arguments: Mapping[str, object]) -> str:
    """Write arguments in the one form that is stored, shown, hashed and compared."""
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be stored as UTF-8; written as \\udXXX it is the same JSON string.
    return text.encode("utf-8", "backslashreplace").decode()


def digest(tool: str, arguments: str) -> str:
    """Fingerprint a tool call by its name and canonical arguments, in hexadecimal."""
    return hashlib.sha256(f"{tool}\n{arguments}".encode()).hexdigest()
