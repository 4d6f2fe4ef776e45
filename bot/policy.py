"""Policies: rules beside a tool that say who must agree to a call of it. Pure, and testable alone.

Policy(
    ask("finance", when=over("amount", 20)),
    ask("finance", when=over("amount", 10_000), quorum=2, severity=Severity.HIGH),
    ask("legal", when=over("amount", 10_000) & ~asked_in("C0LEGAL001")),
    editable={"amount"},
)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bot.requirement import LARGEST_QUORUM, Requirement, Severity, strictest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as a policy sees it. `requester` and `channel` are Slack ids."""

    tool: str
    arguments: Mapping[str, Any]
    requester: str
    channel: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about a call, and its words for `countersign policies`.

    It may raise: a call that cannot be judged is one that a person has to look at.
    """

    text: str
    holds: Callable[[Call], bool]

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self.text} and {other.text}", lambda c: _both(self, other, c))

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"({self.text} or {other.text})", lambda c: _either(self, other, c))

    def __invert__(self) -> Condition:
        return Condition(f"not ({self.text})", lambda c: not self.holds(c))


ALWAYS: Final = Condition("always", lambda call: True)


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement, and when it applies."""

    when: Condition
    requirement: Requirement

    def applies(self, call: Call) -> bool:
        """Tell whether the call needs it; what cannot be told needs it."""
        try:
            return bool(self.when.holds(call))
        except Exception as error:
            # A condition is somebody's code on a model's arguments: whatever it raises, the
            # answer must be "ask a person" and never "go on".
            log.warning("call not judged", extra={"tool": call.tool, "error": type(error).__name__})
            return True


class Policy:
    """Rules that all apply; those that name the same role become the strictest of them.

    `editable` names the arguments that an approver may change. With `rest_of_run` they may
    approve the tool for the rest of the run: later calls that need no more than was approved
    then go on. `reason_required` is about rejections. `unknown_to` is the role that says what
    happened where a call broke off; the first rule's where it is not named.

    Raises `ValueError` for a policy that cannot work.
    """

    def __init__(
        self,
        *rules: Rule,
        editable: Iterable[str] = (),
        rest_of_run: bool = False,
        reason_required: bool = False,
        unknown_to: str = "",
    ) -> None:
        if not rules and not unknown_to:
            raise ValueError("a policy without rules must say who is asked when a call breaks off")
        self.rules = rules
        self.editable = tuple(editable)
        self.rest_of_run = rest_of_run
        self.reason_required = reason_required
        self.unknown_to = unknown_to or rules[0].requirement.role

    def requirements(self, call: Call) -> tuple[Requirement, ...]:
        """Say who must agree; nobody need for an empty answer."""
        return strictest(rule.requirement for rule in self.rules if rule.applies(call))

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
            rest_of_run=self.rest_of_run and other.rest_of_run,
            reason_required=self.reason_required or other.reason_required,
            unknown_to=self.unknown_to,
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
        why=why or f"{when.text[:1].upper()}{when.text[1:]}.",
        quorum=quorum,
        expires_after=expires_after,
        remind_after=remind_after,
        escalate_to=escalate_to,
        escalate_after=escalate_after,
        severity=severity,
    )
    return Rule(when, terms)


def over(argument: str, limit: Decimal | int | str) -> Condition:
    """Hold for a number above a limit; for one that is no positive number it cannot be told."""
    most = Decimal(limit)

    def holds(call: Call) -> bool:
        amount = number(call.arguments[argument])
        if amount is None or amount <= 0:
            raise ValueError(f"{argument} is not a positive number")
        return amount > most

    return Condition(f"{argument} over {most:,}", holds)


def one_of(argument: str, *values: object) -> Condition:
    """Hold where an argument has one of these values."""
    return Condition(
        f"{argument} is {' or '.join(map(str, values))}", lambda call: call.arguments[argument] in values
    )


def asked_in(*channels: str) -> Condition:
    """Hold in these channels (ids)."""
    return Condition(f"asked in {' or '.join(channels)}", lambda call: call.channel in channels)


def asked_by(*people: str) -> Condition:
    """Hold for these requesters (ids)."""
    return Condition(f"asked by {' or '.join(people)}", lambda call: call.requester in people)


def number(value: object) -> Decimal | None:
    """Read a number of an argument; None for what is not one, or not a finite one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _both(first: Condition, second: Condition, call: Call) -> bool:
    # Both are asked, so that one that cannot tell is never hidden behind the other.
    return bool(first.holds(call)) & bool(second.holds(call))


def _either(first: Condition, second: Condition, call: Call) -> bool:
    return bool(first.holds(call)) | bool(second.holds(call))
