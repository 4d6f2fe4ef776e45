"""Policies: rules beside a tool that say who must agree to a call of it. Pure, and testable alone.

Policy(
    ask("finance", when=over("amount", 20)),
    ask("finance", when=over("amount", 10_000), quorum=2, severity=Severity.HIGH),
    ask("legal", when=over("amount", 10_000) & ~asked_in("C0LEGAL001")),
    ask("finance", when=total("amount", per="invoice_id", days=30, over=100)),
    may_ask=MEMBERS | GUESTS,
    editable={"amount"},
)
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum

from bot.domain.approvals.bound import RestOfRun
from bot.domain.approvals.condition import ALWAYS, MEMBERS, Call, Condition, NotKnownHere
from bot.domain.approvals.earlier import LookBack
from bot.domain.approvals.requirement import LARGEST_QUORUM, Requirement, Severity, strictest

log = logging.getLogger(__name__)


class Holds(Enum):
    """Whether a condition holds for a call, in words."""

    YES = "holds"
    NO = "does not hold"
    UNTOLD = "cannot be told, so it counts"


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement, and when it applies. With `is_explained` the card has the requirement's own reason, else the
    condition's words for the call.
    """

    when: Condition
    requirement: Requirement
    is_explained: bool = True

    def of(self, call: Call) -> Requirement:
        """What it asks for a call that it applies to."""
        if self.is_explained:
            return self.requirement
        try:
            return replace(self.requirement, why=_sentence(self.when.told(call)))
        except Exception as error:  # somebody's code as well, and no reason not to ask
            log.warning("call not described", extra={"tool": call.tool, "error": type(error).__name__})
            return self.requirement

    def applies(self, call: Call) -> bool:
        """Tell whether the call needs it; what cannot be told needs it."""
        return self.judge(call) is not Holds.NO

    def judge(self, call: Call) -> Holds:
        """Tell whether its condition holds for a call."""
        return _judged(self.when, call)


def _judged(condition: Condition, call: Call) -> Holds:
    try:
        return Holds.YES if condition.holds(call) else Holds.NO
    except Exception as error:
        # A condition is somebody's code on a model's arguments: whatever it raises, the
        # answer must be "ask a person" and never "go on".
        if not isinstance(error, NotKnownHere):
            log.warning("call not judged", extra={"tool": call.tool, "error": type(error).__name__})
        return Holds.UNTOLD


def _both(first: RestOfRun | None, second: RestOfRun | None) -> RestOfRun | bool:
    if first is None or second is None:
        return False
    sums = [one.up_to for one in (first, second) if one.up_to is not None]
    return RestOfRun(min(first.calls, second.calls), min(sums, default=None))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


class Policy:
    """Rules that all apply; those that name the same role become the strictest of them.

    `editable` names the arguments that an approver may change. With `rest_of_run` they may
    approve some calls more of the run in advance, as far as it says (True: five, and as much again as the call moves):
    those that need no more than was approved then go on. `reason_required` is about rejections. `unknown_to` is the role that says what
    happened where a call broke off; the first rule's where it is not named.

    `may_ask` says who may ask for a call at all: members of the workspace, and no guests or people of other ones, where
    it is not named. A call of anybody else is refused before people are asked; so is one where that cannot be told.

    Raises `ValueError` for a policy that cannot work.
    """

    def __init__(
        self,
        *rules: Rule,
        editable: Iterable[str] = (),
        rest_of_run: bool | RestOfRun = False,
        reason_required: bool = False,
        unknown_to: str = "",
        may_ask: Condition = MEMBERS,
    ) -> None:
        if not rules and not unknown_to:
            raise ValueError("a policy without rules must say who is asked when a call breaks off")
        self.rules = rules
        self.editable = tuple(editable)
        self.rest_of_run = RestOfRun() if rest_of_run is True else rest_of_run or None
        self.reason_required = reason_required
        self.unknown_to = unknown_to or rules[0].requirement.role
        self.may_ask = may_ask

    def requirements(self, call: Call) -> tuple[Requirement, ...]:
        """Say who must agree; nobody need for an empty answer."""
        return strictest(rule.of(call) for rule in self.rules if rule.applies(call))

    def since_agreed(self, call: Call) -> tuple[Requirement, ...]:
        """The same by the rules alone that look at earlier calls: what they ask for may have grown since people agreed."""
        return strictest(rule.of(call) for rule in self.rules if rule.when.looks and rule.applies(call))

    def admits(self, call: Call) -> Holds:
        """Tell whether its requester may ask for a call at all; only a plain yes counts as one."""
        return _judged(self.may_ask, call)

    @property
    def groups(self) -> frozenset[str]:
        """The user groups that have to be known of who asks."""
        return self.may_ask.groups.union(*(rule.when.groups for rule in self.rules))

    @property
    def looks(self) -> frozenset[LookBack]:
        """How far back its conditions look."""
        return self.may_ask.looks.union(*(rule.when.looks for rule in self.rules))

    @property
    def nobody_asked(self) -> str:
        """The words for the record of a call that no rule applied to."""
        if not self.rules:
            return "nobody asked: the policy has no rules"
        return f"nobody asked, for none of this holds: {'; '.join(rule.when.text for rule in self.rules)}"

    def roles(self) -> frozenset[str]:
        """Every role the policy may turn to."""
        named = {rule.requirement.role for rule in self.rules}
        backups = {rule.requirement.escalate_to for rule in self.rules} - {""}
        return frozenset(named | backups | {self.unknown_to})

    def __add__(self, other: Policy) -> Policy:
        """Let the rules of both apply, and only what both allow."""
        return Policy(
            *self.rules,
            *other.rules,
            editable=[name for name in self.editable if name in other.editable],
            rest_of_run=_both(self.rest_of_run, other.rest_of_run),
            reason_required=self.reason_required or other.reason_required,
            unknown_to=self.unknown_to,
            may_ask=self.may_ask & other.may_ask if self.may_ask is not other.may_ask else self.may_ask,
        )


def ask(  # noqa: PLR0913 - the terms of a requirement, each by its name
    role: str,
    *,
    when: Condition = ALWAYS,
    why: str = "",
    quorum: int = 1,
    expires_after: timedelta | None = None,
    remind_after: timedelta | None = None,
    escalate_to: str = "",
    escalate_after: timedelta | None = None,
    severity: Severity = Severity.NORMAL,
) -> Rule:
    """Make a rule. `why` stands on the card; the condition's words where it is empty.

    Raises `ValueError` for terms that cannot be met.
    """
    if not 1 <= quorum <= LARGEST_QUORUM:
        raise ValueError(f"a quorum is one person at least, and {LARGEST_QUORUM} at most")
    if any(
        time is not None and time <= timedelta(0) for time in (expires_after, remind_after, escalate_after)
    ):
        raise ValueError("times must be longer than nothing")
    if escalate_after and expires_after and escalate_after >= expires_after:
        raise ValueError("an escalation must come before the deadline")
    if escalate_after and not escalate_to:
        raise ValueError("an escalation needs somebody to escalate to")
    terms = Requirement(
        role=role,
        why=why or _sentence(when.text),
        quorum=quorum,
        expires_after=expires_after,
        remind_after=remind_after,
        escalate_to=escalate_to,
        escalate_after=escalate_after,
        severity=severity,
    )
    return Rule(when, terms, is_explained=bool(why))
