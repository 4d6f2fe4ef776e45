"""Approvals: one tool call of one run that waits for a person.

            ┌── b: decide, quorum of approvals met ─▶ approved
pending ──a─┼── c: decide, one rejection ───────────▶ rejected
            ├── d: expire ──────────────────────────▶ expired
            └── e: withdraw (reset) ────────────────▶ withdrawn
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.errors import AlreadyDecided, ApprovalExpired, NotAnApprover, SelfApproval
from bot.thread import ThreadRef


class ApprovalStatus(StrEnum):
    """Where an approval stands; every status but `PENDING` is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


FINAL = frozenset(ApprovalStatus) - {ApprovalStatus.PENDING}


class Verdict(StrEnum):
    """What a person can say to a pending approval."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a policy asks for: who may decide, how many of them, and why it is asked."""

    role: str
    why: str
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's answer. `at` is when Slack saw the click."""

    by: str
    verdict: Verdict
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CardRef:
    """A delivered card: the channel and `ts` of its message."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Approval:
    """The record of one interrupted tool call. `arguments` is canonical JSON.

    `authors` are all whose words the run had read when it asked: none of them may decide.
    """

    id: str
    thread: ThreadRef
    generation: int
    call_id: str
    tool: str
    arguments: str
    requester: str
    authors: tuple[str, ...]
    requirement: Requirement
    requested_at: datetime
    expires_at: datetime
    status: ApprovalStatus = ApprovalStatus.PENDING
    decisions: tuple[Decision, ...] = ()
    closed_at: datetime | None = None
    cards: tuple[CardRef, ...] = ()

    @property
    def digest(self) -> str:
        """The fingerprint of what is shown: SHA-256 over the tool and its canonical arguments."""
        return digest(self.tool, self.arguments)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


def canonical(arguments: Mapping[str, object]) -> str:
    """Write arguments in the one form that is stored, shown, hashed and compared."""
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be stored as UTF-8; written as \\udXXX it is the same JSON string.
    return text.encode("utf-8", "backslashreplace").decode()


def digest(tool: str, arguments: str) -> str:
    """Fingerprint a tool call by its name and canonical arguments, in hexadecimal."""
    return hashlib.sha256(f"{tool}\n{arguments}".encode()).hexdigest()


def decide(approval: Approval, decision: Decision, *, approvers: frozenset[str]) -> Approval:
    """Record a decision (edges b and c), or raise the `DecisionRefused` that says why not.

    `approvers` are the ids of the people who may decide right now; nobody is the right
    answer when that could not be found out.
    """
    if approval.is_final:
        raise AlreadyDecided
    if decision.at >= approval.expires_at:
        raise ApprovalExpired
    if decision.by == approval.requester or decision.by in approval.authors:
        raise SelfApproval
    if decision.by not in approvers:
        raise NotAnApprover
    decisions = (*(d for d in approval.decisions if d.by != decision.by), decision)
    recorded = replace(approval, decisions=decisions)
    if decision.verdict is Verdict.REJECT:
        return replace(recorded, status=ApprovalStatus.REJECTED, closed_at=decision.at)
    if len(decisions) >= approval.requirement.quorum:
        return replace(recorded, status=ApprovalStatus.APPROVED, closed_at=decision.at)
    return recorded


def expire(approval: Approval, *, at: datetime) -> Approval:
    """Close a pending approval whose deadline has come (edge d); others stay as they are."""
    if approval.is_final or at < approval.expires_at:
        return approval
    return replace(approval, status=ApprovalStatus.EXPIRED, closed_at=at)


def withdraw(approval: Approval, *, at: datetime) -> Approval:
    """Close a pending approval because its thread was reset (edge e)."""
    if approval.is_final:
        return approval
    return replace(approval, status=ApprovalStatus.WITHDRAWN, closed_at=at)
