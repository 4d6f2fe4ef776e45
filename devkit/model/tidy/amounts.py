"""Numbers as people and programs write them."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .table import Cell, quoted, shown

#: What no amount comes to; a spreadsheet can hold 1e308, and infinity.
MOST = Decimal(10) ** 20
NOTHING = {"", "-", "n/a", "na", "null", "none", "nil", "#n/a"}
_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|AUD|CAD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|UAH|RUB|INR|BRL|MXN|ARS|CLP|COP|PEN|"
    "ZAR|NGN|KES|EGP|SGD|HKD|TWD|KRW|THB|IDR|MYR|PHP|VND|ILS|AED|SAR|QAR|Fr|kr|Rs|zł|Kč|lei|RM"
)
_CURRENCY = re.compile(rf"[A-Z]{{0,2}}\$|[€£¥₹₽₩₺₪]|\b(?:{_CODES})(?![^\W\d_])\.?", re.IGNORECASE)
#: "20,-" is how some write that there are no cents.
_NO_CENTS = re.compile(r"(?<=\d)([.,])-{1,2}$")
_DIGITS = re.compile(r"\d[\d.,]*|[.,]\d+")
#: Thousands in threes, or above the first three in twos.
_GROUPS = re.compile(r"\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}")


@dataclass(frozen=True)
class Written:
    """How a column writes its numbers: whether the comma is the decimal sign, and what to say of it."""

    comma: bool
    notes: tuple[str, ...] = ()


def is_nothing(cell: Cell) -> bool:
    """Whether a cell says that there is no number."""
    return _plain(shown(cell)).casefold() in NOTHING


def number(cell: Cell, comma: bool = False) -> Decimal | None:
    """The number of a cell, None if it is none; `comma` decides where 1,234 can be read in two ways."""
    if isinstance(cell, Decimal):
        return _plausible(cell)
    parts = None if isinstance(cell, date) else _parts(cell)
    if parts is None:
        return None
    sign, digits, percent = parts
    mark = _decimal_mark(digits) or ("," if comma else ".")
    whole, _, rest = digits.rpartition(mark) if mark in digits else (digits, "", "")
    if re.search(r"[.,]", whole) and not _GROUPS.fullmatch(whole):
        return None
    value = Decimal(f"{re.sub(r'[.,]', '', whole) or 0}.{rest or 0}")
    return _plausible(sign * (value / 100 if percent else value))


def _plausible(value: Decimal) -> Decimal | None:
    """The number where it can be an amount, and can be added up to the last digit."""
    return value if abs(value) < MOST else None


def written(cells: Iterable[Cell], separator: str = ",") -> Written:
    """How a column writes its numbers; `separator` hints where they do not tell."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    read = [(text, parts) for text in texts if (parts := _parts(text))]
    found = [(text, _decimal_mark(parts[1])) for text, parts in read]
    marks = {mark: sum(one == mark for _, one in found) for mark in (",", ".")}
    unsure = next((text for text, mark in found if not mark and re.search(r"[.,]", text)), "")
    comma = marks[","] > marks["."] or (not any(marks.values()) and separator == ";")
    notes: list[str] = []
    if all(marks.values()):
        notes.append(
            "Some amounts have a decimal comma and others a decimal point; I read each as it is written."
        )
    elif marks[","]:
        notes.append("Amounts have a decimal comma.")
    if unsure and (all(marks.values()) or not any(marks.values())):
        value = number(unsure, comma)
        notes.append(f"{quoted(unsure)} can be read in two ways; I took it as {value:f}.")
    if any(parts[0] < 0 and "-" not in _CURRENCY.sub("", _plain(text)).strip()[:1] for text, parts in read):
        notes.append("Amounts in brackets, or with a minus behind them, I took as negative.")
    if any(parts[2] for _, parts in read):
        notes.append("Amounts in percent I took as parts of one: 12% is 0.12.")
    return Written(comma, tuple(notes))


def currencies(cells: Iterable[Cell]) -> list[str]:
    """The currencies that are named beside amounts."""
    found = (_CURRENCY.search(cell) for cell in cells if isinstance(cell, str) and _parts(cell))
    return sorted({one[0].strip(".").upper() for one in found if one})


def _plain(text: str) -> str:
    """Text with one kind of minus, and of blank."""
    if text.isascii():
        return text.strip()
    return re.sub(r"[−–—]", "-", unicodedata.normalize("NFKC", text)).strip()


@functools.lru_cache(maxsize=1 << 16)
def _parts(text: str) -> tuple[int, str, bool] | None:
    """The sign, the digits with their separators, and whether it is percent; None where it is no number."""
    left = _NO_CENTS.sub(r"\g<1>00", _CURRENCY.sub("", _plain(text)).strip())
    signs = 0
    if left.startswith("(") and left.endswith(")"):
        left, signs = left[1:-1].strip(), 1
    percent = left.endswith("%")
    left = left.rstrip("% ")
    if left.endswith("-"):
        left, signs = left[:-1].strip(), signs + 1
    if left[:1] in ("-", "+"):
        left, signs = left[1:].strip(), signs + (left[0] == "-")
    left = re.sub(r"(?<=\d)[\s'’_](?=\d{3}(?!\d))", "", left)
    if signs > 1 or not _DIGITS.fullmatch(left):
        return None
    return -1 if signs else 1, left, percent


def _decimal_mark(digits: str) -> str:
    """The decimal sign, if these digits alone tell it; empty if there may be none."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return max(".,", key=digits.rfind)
    if points + commas != 1:
        return {True: ",", False: "."}[points > 1] if points + commas else ""
    mark = "." if points else ","
    before, _, after = digits.partition(mark)
    sure = len(after) != 3 or not before or len(before) > 3 or before.startswith("0")
    return mark if sure else ""
