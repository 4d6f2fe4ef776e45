"""A conversation parted into whole exchanges: what a model gets of it is never half of one. Pure rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from bot.domain.item_kinds import Item, field, is_of_person
from bot.domain.notes import NOT_ALL, is_notes
from bot.domain.whole_items import whole

#: What a model reads before the first message of a conversation whose beginning it does not get: it can then say so.
LEFT_OUT: Final = (
    "[This thread is long: what was said before this is not shown to you. Where it is asked for, say that.]"
)


def exchanges_of(items: Sequence[Item]) -> list[list[Item]]:
    """Part items before each message of a person."""
    found: list[list[Item]] = []
    for item in items:
        if not found or is_of_person(item):
            found.append([])
        found[-1].append(item)
    return found


def half(items: Sequence[Item]) -> list[Item] | None:
    """The latest whole exchanges that are half as long at most, or the last one alone; None where that is all there is.

    Notes of what was said before them stay.
    """
    notes = [item for item in items[:1] if is_notes(item)]
    exchanges = exchanges_of(items[len(notes) :])
    if len(exchanges) <= 1:
        return None
    left = sum(map(characters, items)) // 2
    kept: list[list[Item]] = []
    for one in reversed(exchanges):
        left -= sum(map(characters, one))
        if kept and left < 0:
            break
        kept.insert(0, one)
    return [*notes, *whole([item for one in kept for item in one])]


def told_of_gap(items: Sequence[Item]) -> list[Item]:
    """The items with a word before the first that what was said before them is left out, unless notes say so."""
    words = field(items[0], "content") if items else None
    if not isinstance(words, str) or not is_of_person(items[0]) or words.startswith(LEFT_OUT):
        return list(items)
    if is_notes(items[0]):
        return (
            [*items]
            if words.endswith(NOT_ALL)
            else [{**items[0], "content": f"{words}\n{NOT_ALL}"}, *items[1:]]
        )
    return [{**items[0], "content": f"{LEFT_OUT}\n{words}"}, *items[1:]]


def characters(item: Item) -> int:
    """How long an item is as a server reads it."""
    return len(json.dumps(item, ensure_ascii=False, default=str))
