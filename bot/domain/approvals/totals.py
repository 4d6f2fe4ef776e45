"""Conditions on more than one call: sums and counts over a time, this call included. Pure.

total("amount", per="invoice_id", days=30, over=100, of="refunds")
count(per="requester", hours=1, over=5, of="refunds")
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from bot.domain.approvals.condition import Call, Condition, NotKnownHere
from bot.domain.approvals.earlier import REQUESTER, EarlierCall, LookBack, value_of
from bot.domain.approvals.money import Rates, amount_of, exactly

#: As far back as a condition may look.
LONGEST: Final = timedelta(days=366)
#: Characters of a value of a call that its card names.
NAMED: Final = 40
_PLAIN: Final = re.compile(r"[\w.@-]+")
_UNITS: Final = (
    (timedelta(days=1), "a day", "day"),
    (timedelta(hours=1), "an hour", "hour"),
    (timedelta(minutes=1), "a minute", "minute"),
)
_CODE: Final = re.compile(r"[A-Z]{3}")


def total(  # noqa: PLR0913 - what is summed, over what, each by its name
    argument: str,
    *,
    over: Decimal | int | str,
    per: str = "",
    days: int = 0,
    hours: int = 0,
    minutes: int = 0,
    rates: Rates | None = None,
    currency: str = "currency",
    of: str = "",
) -> Condition:
    """Hold where the amounts of an argument come to more than `over` within a time, this call's included.

    `per` is the argument whose value the calls share, or "requester", or nothing for all calls of the tool. What was
    done counts, and what may have been done; what is known not to have been made does not. `rates` are those of `over`:
    without them amounts of different currencies, by the argument `currency`, cannot be told. `of` is what people call
    more than one of these calls ("refunds"), for the card; it names the tool where that is empty. Raises `ValueError`
    for a time that is none.
    """
    window, most = _window(days, hours, minutes), Decimal(over)
    look = LookBack(per, window, frozenset({argument, currency}))
    worth = amount_of(argument, rates, currency)

    def before(call: Call) -> Decimal:
        alike = _alike(call, look)
        currencies = {one.arguments.get(currency) for one in alike} | {call.arguments.get(currency)}
        if not rates and len(currencies) > 1:
            raise ValueError("amounts of different currencies, and no rates")
        return sum((worth(one.arguments) for one in alike), Decimal(0))

    def holds(call: Call) -> bool:
        with exactly():
            return before(call) + worth(call.arguments) > most

    def money(call: Call, amount: Decimal) -> str:
        return f"{amount:,} {_unit(call.arguments.get(currency), rates)}".strip()

    def so_far(call: Call) -> str:
        with exactly():
            return money(call, round(before(call), max(2, -_places(most))))

    text = f"{argument} over {most:,} in total {_per(per)} within {_long(window)}"

    def sums(call: Call) -> str:
        return f"more than {money(call, most)} {f'of {of}' if of else f'through “{call.named}”'}"

    says = _says(look, sums, so_far)
    return Condition(text, holds, looks=frozenset({look}), says=says)


def count(
    *, over: int, per: str = "", days: int = 0, hours: int = 0, minutes: int = 0, of: str = ""
) -> Condition:
    """Hold for more than `over` calls within a time, this one included; `per` and `of` as in `total`.

    Raises `ValueError` for a time that is none.
    """
    window = _window(days, hours, minutes)
    look = LookBack(per, window)
    text = f"more than {over:,} {of or 'calls'} {_per(per)} within {_long(window)}"
    return Condition(
        text,
        lambda call: len(_alike(call, look)) + 1 > over,
        looks=frozenset({look}),
        says=_says(look, lambda call: _times(over, of, call), lambda call: str(len(_alike(call, look)))),
    )


def _alike(call: Call, look: LookBack) -> Sequence[EarlierCall]:
    """The earlier calls that a condition means. Raises where they cannot be told."""
    if call.earlier is None or call.now is None:
        raise NotKnownHere("what was before is not known")
    now, own = call.now, value_of(look.per, call.requester, call.arguments)
    return [
        one
        for one in call.earlier
        if one.time(now) > now - look.window and value_of(look.per, one.requester, one.arguments) == own
    ]


def _unit(of_call: Any, rates: Rates | None) -> str:
    """The currency of a limit: that of its rates which is worth 1, without rates that of the call; empty if not known."""
    named = next((name for name, worth in rates.items() if Decimal(worth) == 1), "") if rates else of_call
    return named if isinstance(named, str) and _CODE.fullmatch(named) else ""


def _says(
    look: LookBack, what: Callable[[Call], str], so_far: Callable[[Call], str]
) -> Callable[[Call], str]:
    def says(call: Call) -> str:
        where = _on(look.per, call.arguments.get(look.per))
        told = f"{what(call)} {where} within {_long(look.window)}"
        try:
            return f"{told} ({so_far(call)} so far)" if _alike(call, look) else told
        except (LookupError, ValueError, TypeError):
            return f"{told} cannot be ruled out"

    return says


def _times(over: int, of: str, call: Call) -> str:
    """So many of what: of what people call these calls, or of the tool by its title."""
    if not of:
        return f"“{call.named}” more than {'once' if over == 1 else f'{over:,} times'}"
    if over == 0:
        return f"any {of}"
    return f"more than one of the {of}" if over == 1 else f"more than {over:,} {of}"


def _on(per: str, value: Any) -> str:
    if per == REQUESTER:
        return "by one person"
    if not per:
        return "in all"
    short = str(value) if len(str(value)) <= NAMED else f"{str(value)[: NAMED - 1]}…"
    return f"on {short}" if _PLAIN.fullmatch(short) else f"on “{short}”"


def _per(per: str) -> str:
    return f"per {per}" if per else "in all"


def _window(days: int, hours: int, minutes: int) -> timedelta:
    window = timedelta(days=days, hours=hours, minutes=minutes)
    if not timedelta(0) < window <= LONGEST:
        raise ValueError(f"a time to look back is longer than nothing, and {LONGEST.days} days at most")
    return window


def _long(window: timedelta) -> str:
    for unit, one, name in _UNITS:
        if window >= unit and not window % unit:
            number = window // unit
            return one if number == 1 else f"{number} {name}s"
    raise AssertionError("a window is whole minutes")


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
