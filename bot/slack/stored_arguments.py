"""The arguments of a tool call as they are stored, for people: complete, or said not to be. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.slack import limits
from bot.slack.deceptive_characters import visible

#: The least of any argument that is shown before whole arguments are left out.
_LEAST: Final = 80
#: Begins an element that goes on inside a value, so that its text cannot pass for an argument.
_CONTINUED: Final = "\u21aa "
_MONEY: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Shown:
    """Texts for preformatted elements, and how many characters of the arguments they leave out."""

    elements: tuple[str, ...]
    omitted: int


def shown(arguments: str, *, limit: int) -> Shown:
    """Write canonical arguments as a list, one `name: value` a line, in at most `limit` characters.

    Values are JSON, so that a newline, a quote or a name inside one cannot pass for another
    argument, and every character that cannot be seen is written as its escape. Where all would
    be too long, the longest values are cut first and what is missing is counted.
    """
    lines = _lines(arguments)
    most = cap([len(line) for line in lines], limit - len(lines))
    kept: list[str] = []
    room = limit
    omitted = 0
    for line in lines:
        head = line[:most]
        if len(head) + 1 > room:
            omitted += len(line)
            continue
        room -= len(head) + 1
        omitted += len(line) - len(head)
        kept.append(head)
    return Shown(tuple(pieces("\n".join(kept))), omitted)


def _lines(arguments: str) -> list[str]:
    try:
        parsed: object = json.loads(arguments)
    except ValueError:
        return [_visible(json.dumps(arguments, ensure_ascii=False))]
    if not isinstance(parsed, Mapping):
        return [_pretty(parsed)]
    named: Mapping[str, object] = parsed  # pyright: ignore[reportUnknownVariableType]
    return [f"{_named(name)}: {_pretty(value)}" for name, value in named.items()] or ["(no arguments)"]


def _named(name: str) -> str:
    return name if _NAME.fullmatch(name) else _visible(json.dumps(name, ensure_ascii=False))


def _pretty(value: object) -> str:
    return _visible(json.dumps(value, indent=2, ensure_ascii=False))


def _visible(text: str) -> str:
    return visible(text)  # newlines stay: inside a JSON string there are none


def cap(sizes: Sequence[int], room: int) -> int:
    """Find the greatest length to cut all lines to, so that together they fit into `room`."""
    if sum(sizes) <= room:
        return max(sizes, default=0)
    left, rest = room, sorted(sizes)
    while rest and rest[0] <= left // len(rest):
        left -= rest.pop(0)
    return max(left // max(len(rest), 1), _LEAST)


def pieces(text: str) -> list[str]:
    """Cut the list into elements, at its lines where they are short enough."""
    elements: list[str] = []
    while len(text) > limits.ARGUMENTS_ELEMENT:
        border = text.rfind("\n", 1, limits.ARGUMENTS_ELEMENT)
        end = border if border > 0 else limits.ARGUMENTS_ELEMENT
        elements.append(text[:end])
        text = text[end + 1 :] if border > 0 else f"{_CONTINUED}{text[end:]}"
    return [*elements, text] if text else elements


def amount(arguments: str) -> str:
    """Write the arguments `amount` and `currency` as "1,029.00 USD"; empty where there is no amount.

    Only what is plainly a number is taken: the list of arguments shows what it is in any case.
    """
    try:
        given: object = json.loads(arguments)
    except ValueError:
        return ""
    if not isinstance(given, Mapping):
        return ""
    named: Mapping[str, object] = given  # pyright: ignore[reportUnknownVariableType]
    value, currency = named.get("amount"), named.get("currency")
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float)
        or not _MONEY.fullmatch(str(value))
    ):
        return ""
    written = f"{Decimal(str(value)):,}"
    return f"{written} {currency}" if isinstance(currency, str) and _CURRENCY.fullmatch(currency) else written
