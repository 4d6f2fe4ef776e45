"""What is remembered of the beginning of a long conversation, and when that moves on. Pure rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.exchanges import exchanges_of
from bot.domain.item_kinds import Item, field, is_call, is_of_person, is_output
from bot.domain.model_view import SHARE, weigh
from bot.domain.notes import notes_item
from bot.domain.shortened import cut, shortened
from bot.domain.tokens import BYTES, tokens

#: The part of what a model reads that notes may take, and the most tokens of them.
NOTES_SHARE, NOTES_MOST = 8, 1_500
#: Tokens of what was said that are made into notes at once, and of one item of that.
AT_ONCE, EACH = 16_000, 1_000
#: Items that are read at once for that; what is left is for the next time.
ITEMS_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True)
class Memory:
    """Notes of the items before `covered`, and where what a model reads whole begins: at `start`, as items count.

    Between the two lies what no notes tell of yet. `last` is the fingerprint of the item before `start`: with any
    other there it is a memory of something else, as it is in any other `generation` of the thread. `authors` are all
    whose words may be in the notes.
    """

    notes: str
    covered: int
    start: int
    last: str
    generation: int
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands before the items that a model reads whole: notes, if any; whether something is in neither.

    `first` is the first of these items.
    """

    notes: str = ""
    is_all: bool = True
    first: Item = None


def notes_room(most: int) -> int:
    """The tokens that notes may have, where a model reads `most`."""
    return min(NOTES_MOST, most // NOTES_SHARE)


def items_room(most: int) -> int:
    """The tokens that are left for items then, however long the notes are: so nothing moves when they change."""
    return most - notes_room(most) - tokens(notes_item("", is_all=False))


def moved_start(items: Sequence[Item], most: int) -> int:
    """How many of the items a model needs no more read whole: none below three quarters of the room, else down to half of that.

    What is left begins with a person's message. A run in between finds room for what it adds.
    """
    room = items_room(most)
    weights = [weigh(shortened(item, room // SHARE) for item in one) for one in exchanges_of(items)]
    total, gone = sum(weights), 0
    if total <= room * 3 // 4:
        return 0
    for one, weight in zip(exchanges_of(items)[:-1], weights, strict=False):
        if total <= room * 3 // 8:
            break
        total, gone = total - weight, gone + len(one)
    return gone


def told(items: Sequence[Item]) -> tuple[str, int]:
    """What was said as JSON, one thing a line, as much as is made into notes at once; and of how many items that is."""
    lines, left = list[str](), AT_ONCE
    for at, item in enumerate(items):
        line = _line(item)
        left -= tokens(line) if line else 0
        if left < 0 and at:
            return "\n".join(lines), at
        lines += [line] if line else []
    return "\n".join(lines), len(items)


def bounded(notes: str, most: int) -> str:
    """Notes of so many tokens at most: what is longer is cut between lines, at the end."""
    room, kept = notes_room(most) * BYTES, list[str]()
    for line in notes.split("\n"):
        room -= len(json.dumps(line, ensure_ascii=False).encode(errors="replace")) + len("> ")
        if room < 0:
            break
        kept.append(line)
    return "\n".join(kept) or cut(notes, max(0, notes_room(most) * BYTES))


def fingerprint(item: Item) -> str:
    """Tell an item from others."""
    text = json.dumps(item, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _line(item: Item) -> str:
    """An item as a line of JSON; nothing of what only a model's server reads."""
    if is_output(item):
        return _said("tool_result", field(item, "output"))
    if is_call(item):
        given = field(item, "arguments") or field(item, "input")
        return _said("tool_call", f"{field(item, 'name')} {given}")
    if field(item, "role"):
        return _said("person" if is_of_person(item) else "assistant", field(item, "content"))
    return ""


def _said(who: str, what: object) -> str:
    text = what if isinstance(what, str) else "\n".join(_texts(what))
    return json.dumps({"who": who, "text": cut(text, EACH * BYTES)}, ensure_ascii=False) if text else ""


def _texts(parts: object) -> list[str]:
    if not isinstance(parts, list):
        return [] if parts is None else [json.dumps(parts, ensure_ascii=False, default=str)]
    found: list[object] = parts  # pyright: ignore[reportUnknownVariableType]
    return [str(field(part, "text") or field(part, "refusal") or "") for part in found]
