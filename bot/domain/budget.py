"""Budgets: how much money requests of models may cost, before one of them is sent. Pure.

A request counts in up to four budgets at once. What it may cost at most is held in each of them while it is under
way, and what it did cost takes the place of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

from bot.domain.usage import SMALLEST

#: The name under which an approval asks to go on. A colon is in no tool's name.
GO_ON: Final = "budget:go_on"
#: How the stop of a run is called whose message was not checked yet, in the place of a call's id.
UNCHECKED: Final = f"{GO_ON}:unjudged"
#: What people read for it.
TITLE: Final = "Go on beyond the budget"
#: From what part of a budget on people are told.
NEARLY: Final = Decimal("0.8")
#: The largest budget in dollars, beyond which Redis could not add up exactly.
LARGEST: Final = 1_000_000
_CENT: Final = Decimal("0.01")
_FINE: Final = Decimal("0.0001")


class Scope(StrEnum):
    """What a budget is for. But for that of a run, each is of one day, of Unix time in UTC."""

    RUN = "run"
    PERSON = "person"
    CHANNEL = "channel"
    ALL = "all"


#: What approvals call the argument with the new limit of each: cards make words of these.
UP_TO: Final = {
    Scope.RUN: "this_answer_up_to",
    Scope.PERSON: "this_person_up_to",
    Scope.CHANNEL: "this_channel_up_to",
    Scope.ALL: "everybody_up_to",
}
#: What has cost so much, as a sentence begins; and which limit that is.
_SUBJECTS: Final = {
    Scope.RUN: ("This answer has", "for one answer"),
    Scope.PERSON: ("What this person asked for today has", "for one person a day"),
    Scope.CHANNEL: ("What was asked for in this channel today has", "for one channel a day"),
    Scope.ALL: ("What everybody asked for today has", "for everybody a day"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets in dollars; None where there is none."""

    run: Decimal | None = None
    person: Decimal | None = None
    channel: Decimal | None = None
    all: Decimal | None = None

    def by_scope(self) -> dict[Scope, Decimal]:
        """The budgets that are set."""
        found = {scope: getattr(self, scope.value) for scope in Scope}
        return {scope: limit for scope, limit in found.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class Payer:
    """For whom a request is made: a workspace, a channel in it, a person, and the run."""

    team: str
    channel: str
    person: str
    run: str

    def name(self, scope: Scope) -> str:
        """Whose budget of a kind it counts in."""
        return "" if scope is Scope.ALL else getattr(self, scope.value)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands, in dollars: `step` is what was set, `limit` what holds since people let runs go on."""

    scope: Scope
    step: Decimal
    limit: Decimal
    spent: Decimal
    held: Decimal = Decimal(0)

    def has_room(self, most: Decimal) -> bool:
        """Whether a request that may cost so much may be sent."""
        return self.spent + self.held + most <= self.limit

    def up_to(self, most: Decimal) -> Decimal:
        """To what it has to be raised for such a request, in whole steps."""
        lacking = self.spent + self.held + most - self.limit
        steps = max((lacking / self.step).to_integral_value(ROUND_CEILING), Decimal(1))
        return self.limit + steps * self.step

    def why(self, most: Decimal) -> str:
        """What a card says of it."""
        subject, limit = _SUBJECTS[self.scope]
        held = f", up to {money(self.held)} more is under way or was never told" if self.held else ""
        return (
            f"{subject} cost {money(self.spent)}{held}; the next step may cost up to {money(most)}, and the limit "
            f"{limit} is {exactly(self.limit)}. Go on up to {exactly(self.up_to(most))}?"
        )


def near(standing: Standing) -> str:
    """Say once that a budget is nearly used up; the same words however often it is said."""
    return f"More than 80 % of the budget {_SUBJECTS[standing.scope][1]}, {exactly(standing.limit)}, is used."


def asked(short: tuple[Standing, ...], most: Decimal, date: str) -> dict[str, str]:
    """The arguments of an approval to go on: the new limits, and the day that they are for."""
    of_days = any(one.scope is not Scope.RUN for one in short)
    limits = {UP_TO[one.scope]: exactly(one.up_to(most)) for one in short}
    return limits | ({"on": date} if of_days else {})


def agreed(arguments: Mapping[str, Any]) -> dict[Scope, Decimal]:
    """Read from such arguments to what people let budgets be raised."""
    return dict(_agreed(arguments))


def _agreed(arguments: Mapping[str, Any]) -> Iterator[tuple[Scope, Decimal]]:
    for scope, name in UP_TO.items():
        if name in arguments:
            yield scope, Decimal(str(arguments[name]).removesuffix(" USD"))


def money(amount: Decimal) -> str:
    """Money about as exactly as people care: a large sum to the cent, a small one finer."""
    fine = _CENT if amount >= 1 or amount == amount.quantize(_CENT) else _FINE
    rounded = amount.quantize(fine, ROUND_HALF_UP)
    return f"less than {_FINE} USD" if amount and not rounded else f"{rounded:,} USD"


def exactly(amount: Decimal) -> str:
    """Money to the last digit, with two behind the point at least. What people agree to is read from this."""
    plain = amount.quantize(SMALLEST).normalize()
    exponent = plain.as_tuple().exponent
    return f"{plain.quantize(_CENT) if not isinstance(exponent, int) or exponent > -2 else plain:f} USD"
