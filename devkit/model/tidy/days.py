"""Days as people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from .table import Cell, quoted, shown

_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[ /-]*([^\W\d_]{3,9})\.?[ ,/-]*(\d{4}|\d{2})", re.IGNORECASE
)
_NAME_FIRST = re.compile(r"([^\W\d_]{3,9})\.? *(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})[-/](\d{2})")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,10}\.?,\s+")
_TIME = re.compile(r"(?<=\d)[T ]+\d{1,2}:\d{2}.*$", re.IGNORECASE)
MONTHS = {
    name: at
    for at, names in enumerate(
        ["jan", "feb", "mar mär", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"],
        start=1,
    )
    for name in names.split()
}


@dataclass(frozen=True)
class Written:
    """How a column writes its days: whether the month comes first, and what to say of it."""

    month_first: bool
    notes: tuple[str, ...] = ()


def day(cell: Cell, month_first: bool = False) -> date | None:
    """The day of a cell, None if it is none; `month_first` decides where 03/04/2026 can be read in two ways."""
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    text = _WEEKDAY.sub("", _TIME.sub("", shown(cell)).strip())
    text = re.sub("[年月]", "-", text).rstrip("日") if "年" in text else text
    if found := _YEAR_FIRST.fullmatch(text):
        return _made(found[1], found[3], found[4])
    if found := _YEAR_LAST.fullmatch(text):
        month, number = (found[1], found[3]) if month_first and found[2] != "." else (found[3], found[1])
        return _made(found[4], month, number) or _made(found[4], number, month)
    if found := _MONTH.fullmatch(text):
        return _made(found[1], found[2], 1)
    if found := _NAMED.fullmatch(text):
        return _made(found[3], _month(found[2]), found[1])
    if found := _NAME_FIRST.fullmatch(text):
        return _made(found[3], _month(found[1]), found[2])
    return None


def written(cells: Iterable[Cell], *, dollars: bool, wanted: bool | None = None) -> Written:
    """How a column writes its days; `wanted` is what a person said, `dollars` what the amounts hint."""
    found = [
        one
        for cell in cells
        if isinstance(cell, str) and (one := _YEAR_LAST.fullmatch(_TIME.sub("", cell.strip())))
    ]
    slashed = [one for one in found if one[2] != "."]
    day_first, month_first = (sum(int(one[at]) > 12 for one in slashed) for at in (1, 3))
    if day_first and month_first:
        said = f"Some days have the month first and others do not, such as {quoted(slashed[0][0])}; this is a guess."
        return Written(month_first > day_first, (said,))
    if day_first or month_first:
        return Written(bool(month_first), (f"Days have the {'month' if month_first else 'day'} first.",))
    unsure = next((one for one in slashed if int(one[1]) != int(one[3])), None)
    chosen = dollars if wanted is None else wanted
    if unsure is None or wanted is not None:
        return Written(chosen)
    taken = day(unsure[0], chosen)
    first, other = ("month", "day") if chosen else ("day", "month")
    said = f"{quoted(unsure[0])} can be read in two ways; I took the {first} first ({taken}). Say “{other} first” if that is wrong."
    return Written(chosen, (said,))


def _month(name: str) -> int:
    return MONTHS.get(name[:3].casefold(), 0)


def _made(year: str, month: object, number: object) -> date | None:
    century = 0 if len(year) > 2 else 2000 if int(year) < 69 else 1900  # as POSIX has it
    try:
        return date(century + int(year), int(str(month)), int(str(number)))
    except ValueError:
        return None
