"""How far an approval for the rest of a run reaches: calls of one tool, on one target, up to a sum and a count. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.domain.approvals.money import exactly
from bot.domain.approvals.same_target import target_of
from bot.domain.numbers import number

#: Characters of a target that is named on a button. What is longer could not be shown there whole.
NAMED: Final = 40
#: As many calls as anybody can agree to in advance.
MOST_CALLS: Final = 100


@dataclass(frozen=True, slots=True)
class RestOfRun:
    """What a policy lets people agree to in advance: so many calls more, and `up_to` so much in all.

    Without `up_to` it is as much again as the call itself moves. Raises `ValueError` for what is no bound.
    """

    calls: int = 5
    up_to: Decimal | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.calls <= MOST_CALLS or (self.up_to is not None and self.up_to <= 0):
            raise ValueError(f"a bound is from 1 to {MOST_CALLS} calls, and a positive sum")


@dataclass(frozen=True, slots=True)
class Acts:
    """Which arguments of a tool say what a call acts on, what it moves, and in which currency; empty for none."""

    target: str = ""
    amount: str = ""
    currency: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments that it names."""
        return tuple(filter(None, (self.target, self.amount, self.currency)))


NOTHING_NAMED: Final = Acts()


@dataclass(frozen=True, slots=True)
class Bound:
    """What people agree to in advance with one button, as it stands on it.

    `target` is the value of the argument `acts.target`, `up_to` a decimal; empty where the tool names none.
    """

    calls: int
    acts: Acts = NOTHING_NAMED
    target: str = ""
    up_to: str = ""
    currency: str = ""

    def holds(self, arguments: str, passed_on: Sequence[str]) -> bool:
        """Whether it reaches one call more, where it was passed on to calls of these amounts."""
        given: Mapping[str, Any] = json.loads(arguments)
        if len(passed_on) >= self.calls or target_of(self.acts.target, given) != self.target:
            return False
        if not self.acts.amount:
            return True
        amounts = [number(one) for one in (*passed_on, self.amount(arguments))]
        if (
            any(one is None or one <= 0 for one in amounts)
            or target_of(self.acts.currency, given) != self.currency
        ):
            return False
        with exactly():
            return sum((one for one in amounts if one is not None), Decimal(0)) <= Decimal(self.up_to)

    def amount(self, arguments: str) -> str:
        """What a call moves, as it is written; empty for nothing that can be summed."""
        amount = number(json.loads(arguments).get(self.acts.amount)) if self.acts.amount else None
        return "" if amount is None else f"{amount:f}"


def bound_of(rest: RestOfRun | None, acts: Acts, arguments: Mapping[str, Any]) -> Bound | None:
    """How far people may agree in advance with a call; None where that cannot be said on a button."""
    target = target_of(acts.target, arguments)
    if rest is None or len(target) > NAMED or (acts.target and not target):
        return None
    if not acts.amount:
        return Bound(rest.calls, acts, target)
    amount, currency = number(arguments.get(acts.amount)), target_of(acts.currency, arguments)
    if amount is None or amount <= 0 or len(currency) > NAMED:
        return None
    return Bound(rest.calls, acts, target, f"{(rest.up_to or amount) + 0 * amount:f}", currency)
