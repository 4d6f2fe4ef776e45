"""What an mcp.toml says about a tool before which people are asked, and the policy that it makes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    model_validator,
)

from bot.domain.approvals import condition, policy, totals
from bot.domain.approvals.bound import Acts
from bot.domain.approvals.condition import Condition
from bot.domain.approvals.earlier import REQUESTER
from bot.domain.approvals.policy import Policy, Rule
from bot.domain.approvals.requirement import LARGEST_QUORUM, Severity
from bot.domain.tool_title import checked

_LENGTH: Final = re.compile(r"([1-9]\d{0,4}) ?(min|h|d)", re.ASCII)
_UNITS: Final = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _length(given: object) -> object:
    if isinstance(given, timedelta):
        return given
    found = _LENGTH.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None:
        raise ValueError('is a length of time such as "30 min", "4 h" or "2 d"')
    return int(found[1]) * _UNITS[found[2]]


Length = Annotated[timedelta, BeforeValidator(_length)]
_MAY_ASK: Final = {
    "members": condition.MEMBERS,
    "guests": condition.GUESTS,
    "strangers": condition.STRANGERS,
}
Title = Annotated[str, AfterValidator(lambda given: given and checked(given))]
Role = Annotated[str, StringConstraints(min_length=1, max_length=40)]
#: A number that an argument is compared with.
Amount = Annotated[Decimal, Field(allow_inf_nan=False)]
Value = StrictStr | StrictBool | StrictInt | StrictFloat
Ids = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[CDGUWS][A-Z0-9]{5,20}$")]], Field(min_length=1)
]


class Window(BaseModel):
    """The time that a sum or a count is of, and what its calls agree in: an argument, "requester", or nothing.

    `of` is what people call more than one of these calls.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    within: Length
    per: str = Field(default="", max_length=80)
    of: Title = ""

    @property
    def arguments(self) -> set[str]:
        """The arguments that are looked at."""
        return {self.per} - {"", REQUESTER}

    @property
    def minutes(self) -> int:
        return self.within // timedelta(minutes=1)


class Total(Window):
    """More than this in all within a time; `rates` say what a unit of each currency is worth in that of `over`."""

    over: Amount
    rates: dict[str, Amount] = {}
    currency: str = "currency"

    def condition(self, argument: str) -> Condition:
        return totals.total(
            argument,
            over=self.over,
            per=self.per,
            minutes=self.minutes,
            rates=self.rates or None,
            currency=self.currency,
            of=self.of,
        )


class Count(Window):
    """More calls than this within a time."""

    over: int = Field(ge=0)

    def condition(self) -> Condition:
        return totals.count(over=self.over, per=self.per, minutes=self.minutes, of=self.of)


class When(BaseModel):
    """Conditions that must all hold. The values of one list are alternatives."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    over: dict[str, Amount] = {}
    one_of: dict[str, Annotated[list[Value], Field(min_length=1)]] = {}
    asked_in: Ids | None = None
    asked_by: Ids | None = None
    total: dict[str, Total] = {}
    count: Count | None = None

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not list(self.conditions()):
            raise ValueError("says nothing")
        return self

    @property
    def arguments(self) -> set[str]:
        """The arguments that are looked at."""
        windows = [*self.total.values(), *([self.count] if self.count else [])]
        return {*self.over, *self.one_of, *self.total}.union(*(one.arguments for one in windows))

    def conditions(self) -> Iterator[Condition]:
        """Each of them by itself."""
        yield from (condition.over(name, limit) for name, limit in self.over.items())
        yield from (condition.one_of(name, *values) for name, values in self.one_of.items())
        if self.asked_in:
            yield condition.asked_in(*self.asked_in)
        if self.asked_by:
            yield condition.asked_by(*self.asked_by)
        yield from (one.condition(name) for name, one in self.total.items())
        if self.count:
            yield self.count.condition()

    def condition(self) -> Condition:
        """All of them together."""
        return reduce(lambda first, second: first & second, self.conditions())


class Ask(BaseModel):
    """Who must agree, and when: where `when` holds and `unless` does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    role: Role
    quorum: int = Field(default=1, ge=1, le=LARGEST_QUORUM)
    severity: Literal["low", "normal", "high"] = "normal"
    why: str = Field(default="", max_length=300)
    when: When | None = None
    unless: When | None = None
    deadline: Length | None = None
    remind_after: Length | None = None
    escalate_to: str = Field(default="", max_length=40)
    escalate_after: Length | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Ask:
        self.rule()
        return self

    def rule(self) -> Rule:
        """The rule of a policy that this is."""
        when = self.when.condition() if self.when else condition.ALWAYS
        if self.unless:
            when = when & ~self.unless.condition() if self.when else ~self.unless.condition()
        return policy.ask(
            self.role,
            when=when,
            why=self.why,
            quorum=self.quorum,
            expires_after=self.deadline,
            remind_after=self.remind_after,
            escalate_to=self.escalate_to,
            escalate_after=self.escalate_after,
            severity=Severity[self.severity.upper()],
        )


class Asks(BaseModel):
    """A tool whose calls may wait for people; see `Policy` for what the rest means."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ask: list[Ask] = Field(min_length=1)
    editable: list[str] = []
    rest_of_run: bool = False
    may_ask: Annotated[list[Literal["members", "guests", "strangers"]], Field(min_length=1)] = ["members"]
    reason_required: bool = False
    unknown_to: str = Field(default="", max_length=40)
    #: The arguments that say what a call acts on, how much it moves, and in which currency; empty for none.
    target: str = Field(default="", max_length=80)
    amount: str = Field(default="", max_length=80)
    currency: str = Field(default="", max_length=80)
    #: What people read for it; empty for words made of its name and of its server's.
    title: Title = ""

    @model_validator(mode="after")
    def _has_an_amount(self) -> Asks:
        if self.currency and not self.amount:
            raise ValueError("names a currency, and no amount that is in it")
        return self

    @property
    def acts(self) -> Acts:
        """What its calls act on and move."""
        return Acts(self.target, self.amount, self.currency)

    @property
    def arguments(self) -> set[str]:
        """Every argument of the tool that this names."""
        looked_at = [one.arguments for ask in self.ask for one in (ask.when, ask.unless) if one is not None]
        return {*self.editable, *self.acts.arguments}.union(*looked_at)

    def policy(self) -> Policy:
        """Make the policy."""
        return Policy(
            *(one.rule() for one in self.ask),
            editable=self.editable,
            rest_of_run=self.rest_of_run,
            may_ask=reduce(lambda first, second: first | second, (_MAY_ASK[one] for one in self.may_ask)),
            reason_required=self.reason_required,
            unknown_to=self.unknown_to,
        )
