"""Which column says what: by its name, or by what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import amounts, days
from .table import Cell, Table, shown

#: Words of a name, the best first; those in a line are equally good.
NUMBER = (
    "invoice rechnung rechnungsnummer rechnungsnr facture factura",
    "id number nummer nr no reference ref key #",
)
AMOUNT = ("amount betrag montant importe", "total gesamt summe sum spend", "price preis cost value net gross")
DAY = ("date datum fecha day", "issued paid created due")
CURRENCY = ("currency währung waehrung devise moneda",)
#: Rows by whose cells a column is known.
LOOKED_AT = 200


@dataclass(frozen=True)
class Columns:
    """Places of columns; None where there is none of the kind."""

    number: int | None
    amount: int | None
    day: int | None
    currency: int | None


def found(table: Table) -> Columns:
    """Find the columns of a table."""
    currency = _named(table.header, CURRENCY, ())
    day = _named(table.header, DAY, ())
    if day is None:
        day = _filled(table, lambda cell: days.day(cell) is not None, {currency})
    amount = _named(table.header, AMOUNT, (*DAY, *CURRENCY))
    number = _named(table.header, NUMBER, (*DAY, *AMOUNT, *CURRENCY))
    if amount is None:
        amount = _filled(table, lambda cell: amounts.number(cell) is not None, {currency, day, number})
    return Columns(number, amount, day, currency)


def _words(name: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    return set(re.findall(r"[^\W_]+|#", apart))


def _named(header: Sequence[str], wanted: Sequence[str], others: Sequence[str]) -> int | None:
    """The column that is called so and nothing else, or the first whose name has such a word and none of the others."""
    other = set(" ".join(others).split())
    for line in wanted:
        good = set(line.split())
        exact = (at for at, name in enumerate(header) if _words(name) and _words(name) <= good)
        part = (at for at, name in enumerate(header) if _words(name) & good and not _words(name) & other)
        at = next(exact, next(part, None))
        if at is not None:
            return at
    return None


def _filled(table: Table, fits: Callable[[Cell], bool], taken: set[int | None]) -> int | None:
    """The last column in which nearly every cell that says anything fits."""
    for at in reversed(range(len(table.header))):
        cells = [row[at] for row in table.rows[:LOOKED_AT] if shown(row[at])]
        if at not in taken and cells and sum(map(fits, cells)) >= 0.8 * len(cells):
            return at
    return None
