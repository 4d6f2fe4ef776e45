"""The arguments of a call, from what a person wrote. What is not said is not made up: it is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from devkit.model import reading, values
from devkit.model.dialogue import Tool
from devkit.model.schema import Argument, Kind, arguments
from devkit.model.wording import order, stems, words


@dataclass(frozen=True, slots=True)
class Filled:
    """What a call would be made with, and what is still to be asked for; `wrong` is why something said will not do."""

    arguments: dict[str, Any]
    missing: tuple[Argument, ...] = ()
    wrong: str = ""


def fill(tool: Tool, texts: Sequence[str]) -> Filled:
    """Fill a tool's arguments from what was written first, and from the answers to what was asked for."""
    known = arguments(tool.schema)
    given: dict[str, Any] = {}
    wrong: list[str] = []
    verbs = frozenset(stems(tool.name))
    for at, said in enumerate(texts):
        text = reading.Text(said if at else order(said), answers=at > 0, verbs=verbs)
        given |= _fill([one for one in known if one.name not in given], text)
        wrong = text.wrong
    missing = tuple(one for one in known if one.needed and one.name not in given)
    rest = {one.name: one.rest for one in known if one.has_rest and one.name not in given}
    in_order = {one.name: (given | rest)[one.name] for one in known if one.name in given or one.name in rest}
    return Filled(in_order, missing, wrong[0] if wrong and missing else "")


def _fill(wanted: Sequence[Argument], text: reading.Text) -> dict[str, Any]:
    """Values that can only be one thing come first; the person's own words are what is left."""
    given: dict[str, Any] = {}
    for one in sorted(wanted, key=_rank):
        value = _value(one, text)
        if value is not None:
            given[one.name] = value
    return given


def _rank(one: Argument) -> tuple[bool, bool, bool]:
    """Addresses and amounts before ids and numbers, ids before words; what may be left out comes behind its like."""
    words_only = one.kind in {Kind.TEXT, Kind.REASON, Kind.OBJECT}
    return (
        words_only,
        not one.needed,
        one.kind not in {Kind.REASON, Kind.DATE, Kind.URL, Kind.EMAIL, Kind.PERSON},
    )


def _value(one: Argument, text: reading.Text) -> Any:
    if (labelled := _labelled(one, text)) is not None:
        return labelled
    return _READS.get(one.kind, reading.by_pattern)(one, text)


def _labelled(one: Argument, text: reading.Text) -> Any:
    """`priority: high` and `priority = high` name the argument, whatever it is."""
    if one.kind in {Kind.LIST, Kind.OBJECT}:
        return None
    label = r"[\s_]+".join(map(re.escape, words(one.name)))
    found = (
        re.search(rf"\b{label}\s*[:=]\s*(?:\"([^\"]*)\"|([^,;\n]+))", text.left, re.IGNORECASE)
        if label
        else None
    )
    if found is None:
        return None
    said = (found[1] or found[2] or "").strip()
    inner = reading.Text(said, answers=True)
    own = said or None
    if one.kind not in {Kind.TEXT, Kind.REASON}:
        own = _READS.get(one.kind, reading.by_pattern)(replace(one, needed=True), inner)
    if own is not None:
        text.take(found.span())
    return own


def _list(one: Argument, text: reading.Text) -> list[Any] | None:
    label = r"[\s_]+".join(map(re.escape, words(one.name)))
    found = re.search(rf"\b{label}\s*[:=]?\s+([^;.\n]+)", text.left, re.IGNORECASE) if label else None
    if found is None and not one.needed:
        return None
    item = one.items or Argument(one.name, Kind.TEXT)
    if found and item.kind is not Kind.TEXT:  # their form alone tells where they end
        text.left, found = values.masked(text.left, [(found.start(), found.start(1))]), None
    inner = reading.Text(found[1] if found else text.left, text.answers or found is not None, text.verbs)
    several = _separate(item, inner)
    if not several:
        return None
    text.left = values.masked(text.left, [found.span()]) if found else inner.left
    return several


def _separate(item: Argument, text: reading.Text) -> list[Any]:
    if item.kind is Kind.TEXT:
        quoted = [value for _, value in values.all_of(values.QUOTED, text.left)]
        whole = "" if quoted else (reading.own_words(item, text) or "")
        return quoted or [part for part in map(reading.bare, re.split(r",|\band\b", whole)) if part]
    made: list[Any] = []
    while len(made) < 20 and (value := _value(item, text)) is not None and (not made or value != made[-1]):
        made.append(value)
    return made


def _object(one: Argument, text: reading.Text) -> dict[str, Any] | None:
    """Fill an object if all that it needs is there."""
    given = _fill(one.parts, text)
    lacks = [part for part in one.parts if part.needed and part.name not in given]
    rest = {part.name: part.rest for part in one.parts if part.has_rest and part.name not in given}
    return None if lacks or not (given or (one.needed and not one.parts)) else given | rest


_READS: Final[dict[Kind, Callable[[Argument, reading.Text], Any]]] = {
    Kind.CHOICE: reading.choice,
    Kind.YES_OR_NO: reading.yes_or_no,
    Kind.NUMBER: reading.number,
    Kind.AMOUNT: reading.number,
    Kind.CURRENCY: reading.currency,
    Kind.DATE: reading.day,
    Kind.LIST: _list,
    Kind.OBJECT: _object,
    Kind.REASON: reading.own_words,
    Kind.TEXT: reading.own_words,
}


def asked_for(missing: Iterable[Argument]) -> str:
    """What is missing, as a person is asked for it."""
    named = [one.asked_as for one in missing]
    return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))
