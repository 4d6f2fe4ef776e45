"""What was found, in words; a clean file, and a chart."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from . import amounts, days
from .chart import chart
from .columns import Columns, found
from .duplicates import find, listed
from .table import Cell, Table, counted, quoted, shown

#: Months that the chart shows, and that are told.
MONTHS = 12
#: Bytes above which the clean file is packed.
LARGE = 4_000_000


@dataclass
class Spend:
    """Sums by month, and what has to be said of them."""

    months: dict[str, Decimal] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def report(table: Table, out: Path, before: str = "", month_first: bool | None = None) -> str:
    """Write the clean file and the chart, their names beginning with `before`; returns what to say."""
    columns = found(table)
    same = find(table.rows, columns.number)
    spend = spent(same.kept, columns, table, month_first)
    out.mkdir(exist_ok=True)
    made = [write_clean(table, same.kept, out / f"{before}clean.csv")]
    months = dict(list(spend.months.items())[-MONTHS:])
    if months:
        made.append(out / f"{before}spend.png")
        made[-1].write_bytes(chart({month: float(value) for month, value in months.items()}))
    twice = [f"{quoted(name)} ({count} times)" for name, count in list(same.times.items())[:10]]
    more = f" and {len(same.times) - 10:,} more" if len(same.times) > 10 else ""
    gone = len(table.rows) - len(same.kept)
    lines = [
        f"{counted(len(table.rows), 'row')}, {counted(gone, 'duplicate')}: {', '.join(twice) or 'none'}{more}."
    ]
    lines += ["; ".join(f"{month}: {value:,.2f}" for month, value in months.items())] if months else []
    lines.append(f"I made {' and '.join(f'`{path.name}`' for path in made)}.")
    notes = [*table.notes, _used(table, columns), *same.notes, *spend.notes]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)])


def highest(table: Table) -> str:
    """The month of the highest spend."""
    spend = spent(table.rows, found(table), table, None)
    if not spend.months:
        return "There are no amounts with a month in the clean file."
    month, value = max(spend.months.items(), key=lambda item: item[1])
    return f"highest: {month} {value:,.2f}"


def spent(rows: Sequence[list[Cell]], columns: Columns, table: Table, month_first: bool | None) -> Spend:
    """Add up amounts by month; what cannot be read is said, and in no sum."""
    if not rows:
        return Spend(notes=["There is a header and no row below it."])
    if columns.amount is None or columns.day is None:
        what = " and ".join(
            name for name, at in (("amounts", columns.amount), ("dates", columns.day)) if at is None
        )
        return Spend(notes=[f"I found no column of {what}, so there is no spend per month."])
    sums, dates = ([row[at] for row in rows] for at in (columns.amount, columns.day))
    money = amounts.written(sums, table.separator)
    currencies = _currencies(rows, columns)
    order = days.written(dates, dollars=currencies == ["$"], wanted=month_first)
    months: dict[str, Decimal] = {}
    unread: list[str] = []
    empty = 0
    for amount, date in zip(sums, dates):
        value, day = amounts.number(amount, money.comma), days.day(date, order.month_first)
        if value is not None and day is not None:
            months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", Decimal(0)) + value
        elif (value is None and amounts.is_nothing(amount)) or (day is None and not shown(date)):
            empty += 1
        else:
            unread.append(shown(amount if value is None else date))
    notes = [*money.notes, *order.notes, *_left_out(unread, empty, currencies, len(months))]
    return Spend(dict(sorted(months.items())), notes)


def write_clean(table: Table, rows: Sequence[Sequence[Cell]], path: Path, large: int = LARGE) -> Path:
    """Write the rows that are kept, as they were written, in UTF-8; with a mark where Excel needs one.

    What is large is packed: files that come and go have to fit into one workspace.
    """
    lines = [table.header, *([shown(cell) for cell in row] for row in rows)]
    plain = all(cell.isascii() for line in lines for cell in line)
    with path.open("w", newline="", encoding="utf-8" if plain else "utf-8-sig") as target:
        csv.writer(target, delimiter=table.separator).writerows(lines)
    packed = path.with_suffix(".zip")
    packed.unlink(missing_ok=True)  # of an earlier file
    if path.stat().st_size <= large:
        return path
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    path.unlink()
    return packed


def _used(table: Table, columns: Columns) -> str:
    compared = "whole rows" if columns.number is None else quoted(table.header[columns.number])
    if columns.amount is None or columns.day is None:
        return f"I compared {compared}."
    added, day = quoted(table.header[columns.amount]), quoted(table.header[columns.day])
    return f"I compared {compared}, and added up {added} by the month of {day}."


def _currencies(rows: Sequence[Sequence[Cell]], columns: Columns) -> list[str]:
    if columns.currency is not None:
        return sorted({shown(row[columns.currency]).upper() for row in rows} - {""})
    return amounts.currencies(row[columns.amount or 0] for row in rows)


def _left_out(unread: Sequence[str], empty: int, currencies: Sequence[str], months: int) -> list[str]:
    notes: list[str] = []
    if unread:
        notes.append(f"I could not read {listed(unread)}, so {_in_no_sum(len(unread))}.")
    if empty:
        notes.append(f"Without an amount or a date {_in_no_sum(empty)}.")
    if len(currencies) > 1:
        notes.append(
            f"There are several currencies ({listed(currencies)}); I added them up without converting."
        )
    if months > MONTHS:
        notes.append(f"Of {months} months, the last {MONTHS} are shown.")
    return notes


def _in_no_sum(count: int) -> str:
    return f"{counted(count, 'row')} {'is' if count == 1 else 'are'} in no sum"
