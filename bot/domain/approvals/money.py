"""Amounts of calls, exactly: read from arguments, and made comparable over currencies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext
from typing import Any, Final

from bot.domain.numbers import number

#: What one unit of each currency is worth in that of a limit.
Rates = Mapping[str, Decimal | int | str]
#: Digits of a sum: amounts have 36 at most, and so have rates; `Decimal` would round beyond 28.
DIGITS: Final = 100


def exactly() -> AbstractContextManager[Context]:
    """Let no sum and no product be rounded in the block."""
    return localcontext(Context(prec=DIGITS))


def amount_of(argument: str, rates: Rates | None, currency: str) -> Callable[[Mapping[str, Any]], Decimal]:
    """Read amounts of an argument, by their rates where there are any; who reads raises for what cannot be told.

    Raises `ValueError` for rates that are no positive numbers.
    """
    table = {name: number(str(rate)) for name, rate in rates.items()} if rates else {}
    worth = {name: rate for name, rate in table.items() if rate is not None and rate > 0}
    if len(worth) < len(table):
        raise ValueError(f"a rate is a positive number: {', '.join(sorted(set(table) - set(worth)))}")

    def read(arguments: Mapping[str, Any]) -> Decimal:
        amount = number(arguments[argument])
        if amount is None or amount <= 0:
            raise ValueError(f"{argument} is not a positive number")
        return amount * worth[arguments[currency]] if worth else amount

    return read
