"""What requests of models use: tokens, and what they cost. Pure.

Money is in dollars, as decimals; it is added up in whole millionths of a millionth, so that no sum is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

#: What money is counted in: prices are for a million tokens, with six decimals at most.
SMALLEST: Final = Decimal("0.000000000001")
#: What a server may say of one request; beyond that it is not believed.
MOST_TOKENS: Final = 100_000_000
#: The highest price for a million tokens that is taken for one: a slip of the comma is not.
MOST_DOLLARS: Final = 10_000
SECONDS_OF_A_DAY: Final = 86_400


class Kind(StrEnum):
    """What a request of a model was for."""

    ANSWER = "answer"
    GUARD = "guard"
    SUMMARY = "summary"


class Dimension(StrEnum):
    """By what usage is added up."""

    PERSON = "person"
    CHANNEL = "channel"
    THREAD = "thread"
    AGENT = "agent"
    MODEL = "model"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Account:
    """On what a model's requests are put: what for, for which agent, and the model's name with its provider."""

    kind: Kind
    agent: str
    model: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one request or of many. `cached` is a part of `input`, `reasoning` one of `output`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )

    @classmethod
    def told(cls, *, input: object, cached: object, output: object, reasoning: object) -> Tokens | None:
        """Take what a server says, no part as larger than its whole; None where it does not say what was used.

        No request reads and writes nothing at all: a server that says so has not counted, and the request was not free.
        """
        read, written = _count(input), _count(output)
        if read is None or written is None or not read + written:
            return None
        return cls(read, min(_count(cached) or 0, read), written, min(_count(reasoning) or 0, written))


@dataclass(frozen=True, slots=True)
class Spent:
    """One request of a model, as far as it is known. `id` is its own; behind a colon it has the server's, if any.

    `tokens` is None where the request ended before its server told. `cost` is None where no price is known, and
    `seconds`, that it took, where nobody followed it to its end.
    """

    id: str
    at: datetime
    person: str
    account: Account
    tokens: Tokens | None = None
    cost: Decimal | None = None
    seconds: float | None = field(default=None, compare=False)

    @property
    def day(self) -> int:
        """The day of the request, of Unix time in UTC."""
        return day_of(self.at)


@dataclass(frozen=True, slots=True)
class Usage:
    """What requests used, all in all. Of `untold` no tokens are known, of `unpriced` no price."""

    requests: int = 0
    tokens: Tokens = Tokens()
    cost: Decimal = Decimal(0)
    untold: int = 0
    unpriced: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.tokens + other.tokens,
            self.cost + other.cost,
            self.untold + other.untold,
            self.unpriced + other.unpriced,
        )


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """Dollars for a million tokens, as an operator sets them; without `cached` what was cached costs as much as the rest."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None

    @property
    def is_possible(self) -> bool:
        """Whether every price is one that anybody could ask."""
        return all(0 <= price <= MOST_DOLLARS for price in (self.input, self.output, self.cached or 0))

    def of(self, tokens: Tokens) -> Decimal:
        """What tokens cost."""
        cached = self.input if self.cached is None else self.cached
        fresh = (tokens.input - tokens.cached) * self.input
        return (fresh + tokens.cached * cached + tokens.output * self.output) / 1_000_000


def usage_of(spent: Spent) -> Usage:
    """One request as it is added up."""
    told, tokens = spent.tokens is not None, spent.tokens or Tokens()
    return Usage(1, tokens, spent.cost or Decimal(0), int(not told), int(told and spent.cost is None))


def total(lines: Iterable[Usage]) -> Usage:
    """Add up."""
    return sum(lines, Usage())


def merged(parts: Iterable[Mapping[str, Usage]]) -> dict[str, Usage]:
    """Add up by name."""
    whole: dict[str, Usage] = {}
    for part in parts:
        for name, usage in part.items():
            whole[name] = whole.get(name, Usage()) + usage
    return whole


def smallest_units(cost: Decimal) -> int:
    """Money as a whole number of `SMALLEST`; less than half of one is nothing."""
    return int((cost / SMALLEST).to_integral_value())


def figures(usage: Usage) -> dict[str, int]:
    """Usage as the numbers of a line."""
    return {
        "requests": usage.requests,
        "input": usage.tokens.input,
        "cached": usage.tokens.cached,
        "output": usage.tokens.output,
        "reasoning": usage.tokens.reasoning,
        "cost": smallest_units(usage.cost),
        "untold": usage.untold,
        "unpriced": usage.unpriced,
    }


def day_of(moment: datetime) -> int:
    """The day of a moment, of Unix time in UTC."""
    return int(moment.timestamp() // SECONDS_OF_A_DAY)


def _count(given: object) -> int | None:
    """A number of tokens; None for what is none."""
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        return None
    return min(given, MOST_TOKENS)
