"""Numbers as they are written: one grammar for what is shown, judged, hashed and executed. Pure.

`Decimal` and `float` read far more than people see as a number: `1e3`, `1_000`, digits of other alphabets,
spaces, `Infinity`. What a person reads on a card must be what a machine reads from it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

#: No argument of a tool has more digits before its point, or behind it.
_DIGITS: Final = 18
_NUMBER: Final = re.compile(rf"-?(?:0|[1-9][0-9]{{0,{_DIGITS - 1}}})(?:\.[0-9]{{1,{_DIGITS}}})?")


def number(value: object) -> Decimal | None:
    """Read a number of an argument, such as 29, 29.5 or "-29.50"; None for whatever is written otherwise.

    A number of JSON is read as Python writes it, so that one with an exponent is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = str(value) if not isinstance(value, int) or abs(value) < 10**_DIGITS else ""
    return Decimal(text) if _NUMBER.fullmatch(text) else None
