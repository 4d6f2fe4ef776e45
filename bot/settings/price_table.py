"""How MODEL_PRICES is read: money is never a float, and what no price is called is not passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import cast

from bot.domain.usage import OwnPrice
from bot.settings.json_values import read_json

_NAMES = {one.name for one in fields(OwnPrice)}


def parse_prices(value: object) -> object:
    """Read a value that the environment holds as JSON; raises `ValueError` where it is none.

    Also where a price has another name: `cache` for `cached` would have all that is cached cost as much as the rest.
    """
    if not isinstance(value, str):
        return value
    found = read_json(value, parse_float=Decimal)
    for price in _table(found).values():
        if any(name not in _NAMES for name in _table(price)):
            raise ValueError("a price of another name")
    return found


def _table(found: object) -> Mapping[str, object]:
    """What is a table as one; anything else is refused with all that is none."""
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else {}
