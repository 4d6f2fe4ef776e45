"""The arguments of a tool call in plain words: each with a label, complete, or said not to be. Pure.

A label is bold, which no text can make itself, and what could be taken for more than one line stands in a
box of its own: so a value cannot pass for another argument. "Show everything" has the call as it is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.slack.blocks import Block
from bot.slack.deceptive_characters import visible
from bot.slack.stored_arguments import amount, cap, pieces

#: The longest value that stands beside its label.
LINE: Final = 100
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Names that are short for words, among them those of commands in a sandbox, which models know by these names.
_SPELLED: Final = {
    "cmd": "Command",
    "workdir": "Folder",
    "timeout_seconds": "Time limit in seconds",
}
_WORDS: Final[Mapping[object, str]] = {True: "yes", False: "no", None: "nothing", "": "empty"}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Field:
    """One argument for people; `is_line` where the text stands beside its label."""

    label: str
    text: str
    is_line: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """Elements for a `rich_text` block, and how many characters of the arguments they leave out."""

    elements: tuple[Block, ...]
    omitted: int


def labelled(arguments: str, *, limit: int) -> Labelled:
    """Show canonical arguments in about `limit` characters; where that is too little, the longest are cut first."""
    found = [*fields(arguments)]
    sizes = [len(one.label) + len(one.text) for one in found]
    most = cap(sizes, limit - len(found))
    elements: list[Block] = []
    room, omitted = limit, 0
    for one, size in zip(found, sizes, strict=True):
        text = one.text[: max(most - len(one.label), 0)]
        if not text or len(one.label) + len(text) > room:
            omitted += size
            continue
        room -= len(one.label) + len(text)
        omitted += len(one.text) - len(text)
        elements += _drawn(one, text)
    return Labelled(tuple(elements), omitted)


def fields(arguments: str) -> Iterator[Field]:
    """Read canonical arguments: an amount together with its currency, everything else by itself."""
    try:
        given: object = json.loads(arguments)
    except ValueError:
        given = arguments
    if not isinstance(given, Mapping):
        yield _field("Arguments", given)
        return
    named: Mapping[str, object] = given  # pyright: ignore[reportUnknownVariableType]
    if not named:
        yield Field("Arguments", "none", is_line=True)
    money = amount(arguments)
    labels = labels_of(named)
    for name, value in named.items():
        if money and name == "amount":
            yield Field(labels[name], money, is_line=True)
        elif not (name == "currency" and money.endswith(f" {value}")):
            yield _field(labels[name], value)


def label_of(name: str) -> str:
    """Make words of a name: `invoice_id` is "Invoice", `daysOff` is "Days off"."""
    if not _NAME.fullmatch(name):
        return visible(json.dumps(name, ensure_ascii=False), keep="")
    if name in _SPELLED:
        return _SPELLED[name]
    words = _HUMP.sub(" ", name).replace("_", " ").casefold().split()
    if len(words) > 1 and words[-1] == "id":
        words.pop()
    return " ".join(words).capitalize() or name


def in_words(value: object) -> str:
    """Write one value as people do, on one line: yes and no, a day of the calendar; else as it is, safe to show."""
    if value is None or value == "" or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, str):
        return _day(value) or (value if _is_plain(value) else _quoted(value))
    return visible(json.dumps(value, ensure_ascii=False), keep="")


def _field(label: str, value: object) -> Field:
    if isinstance(value, Mapping | list):
        return Field(label, visible(json.dumps(value, indent=2, ensure_ascii=False)), is_line=False)
    line = in_words(value)
    lines = isinstance(value, str) and "\n" in value.strip()
    if len(line) <= LINE and "  " not in line and not lines:
        return Field(label, line, is_line=True)
    return Field(label, visible(value) if isinstance(value, str) else line, is_line=False)


def _is_plain(text: str) -> bool:
    """Whether a text can stand as it is, and cannot be taken for anything else."""
    own = text.strip() == text and bool(text) and text not in _WORDS.values()
    return own and visible(text, keep="") == text


def _quoted(text: str) -> str:
    return visible(json.dumps(text, ensure_ascii=False), keep="")


def _day(text: str) -> str:
    if not _DAY.fullmatch(text):
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def labels_of(names: Iterable[str]) -> Mapping[str, str]:
    """A label for each name; where two would be alike, the names themselves."""
    made = {name: label_of(name) for name in names}
    taken = [*made.values()]
    return {name: label if taken.count(label) == 1 else name for name, label in made.items()}


def _drawn(one: Field, text: str) -> Iterator[Block]:
    label = _text(f"{one.label}: " if one.is_line else f"{one.label}:", bold=True)
    yield _section(label, _text(text)) if one.is_line else _section(label)
    if not one.is_line:
        yield from ({"type": "rich_text_preformatted", "elements": [_text(piece)]} for piece in pieces(text))


def _section(*texts: Block) -> Block:
    return {"type": "rich_text_section", "elements": [*texts]}


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})
