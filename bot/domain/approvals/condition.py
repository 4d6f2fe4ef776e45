"""Conditions: when a rule of a policy applies to a call. Pure functions of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bot.domain.approvals.asker import UNKNOWN, Asker, Kind
from bot.domain.approvals.earlier import EarlierCall, LookBack
from bot.domain.approvals.money import Rates, amount_of, exactly
from bot.domain.tool_title import title_of


class NotKnownHere(LookupError):
    """What only others know, who asks or what was before, was not asked for: it cannot be told, and nothing is at fault."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as a policy sees it. `requester` and `channel` are Slack ids, `asker` is what Slack says of the requester.
    `title` is what people read for `tool`.

    `earlier` are the calls of the tool that were made before, or may have been, as far back as the policy's conditions
    look at `now`; None where that cannot be told.
    """

    tool: str
    arguments: Mapping[str, Any]
    requester: str
    channel: str
    asker: Asker = UNKNOWN
    earlier: Sequence[EarlierCall] | None = None
    now: datetime | None = None
    title: str = ""

    @property
    def named(self) -> str:
        """What people read where the tool is meant."""
        return self.title or title_of(self.tool)


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about a call, and its words for `countersign policies`.

    It may raise: a call that cannot be judged is one that a person has to look at. `groups` are the user groups, and
    `looks` the earlier calls, that it has to know of. `says` are its words for the card where they depend on the call.
    """

    text: str
    holds: Callable[[Call], bool]
    groups: frozenset[str] = frozenset()
    looks: frozenset[LookBack] = frozenset()
    says: Callable[[Call], str] | None = None

    def told(self, call: Call) -> str:
        """Its words for the card of a call."""
        return self.says(call) if self.says else self.text

    def __and__(self, other: Condition) -> Condition:
        return Condition(
            f"{self.text} and {other.text}",
            lambda c: _both(self, other, c),
            self.groups | other.groups,
            self.looks | other.looks,
            lambda c: f"{self.told(c)} and {other.told(c)}",
        )

    def __or__(self, other: Condition) -> Condition:
        return Condition(
            f"({self.text} or {other.text})",
            lambda c: _either(self, other, c),
            self.groups | other.groups,
            self.looks | other.looks,
            lambda c: f"({self.told(c)} or {other.told(c)})",
        )

    def __invert__(self) -> Condition:
        return Condition(
            f"not ({self.text})",
            lambda c: not self.holds(c),
            self.groups,
            self.looks,
            lambda c: f"not ({self.told(c)})",
        )


ALWAYS: Final = Condition("always", lambda call: True)


def over(
    argument: str, limit: Decimal | int | str, *, rates: Rates | None = None, currency: str = "currency"
) -> Condition:
    """Hold for a number above a limit; for one that is no positive number it cannot be told.

    `rates` say what one unit of each currency is worth in that of the limit, by the argument `currency`: with
    `{"USD": 1, "EUR": "1.1"}` the limit is in dollars. Of a currency that is not among them it cannot be told. Without
    rates amounts are compared as they are.
    """
    most, worth = Decimal(limit), amount_of(argument, rates, currency)

    def holds(call: Call) -> bool:
        with exactly():
            return worth(call.arguments) > most

    named = f" ({' and '.join(rates)} by their rates)" if rates else ""
    return Condition(f"{argument} over {most:,}{named}", holds)


def one_of(argument: str, *values: object) -> Condition:
    """Hold where an argument has one of these values."""
    return Condition(
        f"{argument} is {' or '.join(map(str, values))}", lambda call: call.arguments[argument] in values
    )


def asked_in(*channels: str) -> Condition:
    """Hold in these channels (ids)."""
    return Condition(f"asked in {' or '.join(channels)}", lambda call: call.channel in channels)


def asked_by(*people: str) -> Condition:
    """Hold for these requesters: ids of people, and of user groups that they are in."""
    groups = frozenset(name for name in people if name.startswith("S"))

    def holds(call: Call) -> bool:
        if call.requester in people:
            return True
        return bool(groups) and bool(_known(call).groups & groups)

    return Condition(f"asked by {' or '.join(people)}", holds, groups)


def _of_kind(kind: Kind, text: str) -> Condition:
    return Condition(f"asked by {text}", lambda call: _known(call).kind is kind)


#: Regular members of the workspace that the bot is in.
MEMBERS: Final = _of_kind(Kind.MEMBER, "members")
#: Slack's guests, of one channel or of several.
GUESTS: Final = _of_kind(Kind.GUEST, "guests")
#: People of other workspaces, in shared channels.
STRANGERS: Final = _of_kind(Kind.STRANGER, "people of other workspaces")


def _known(call: Call) -> Asker:
    if call.asker.kind is Kind.UNKNOWN:
        raise NotKnownHere("Slack does not say who asks")
    return call.asker


def _both(first: Condition, second: Condition, call: Call) -> bool:
    # Both are asked, so that one that cannot tell is never hidden behind the other.
    return bool(first.holds(call)) & bool(second.holds(call))


def _either(first: Condition, second: Condition, call: Call) -> bool:
    return bool(first.holds(call)) | bool(second.holds(call))
