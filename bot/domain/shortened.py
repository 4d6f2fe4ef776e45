"""One item of a conversation as long as a model may read of it. Pure: the item itself stays whole where it is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from bot.domain.item_kinds import Item, field, is_output, kind
from bot.domain.tokens import BYTES, is_picture, tokens

#: How often a text is cut further: escapes make it longer in JSON than its own bytes are.
TRIES: Final = 8


def shortened(item: Item, most: int) -> Item:
    """The item, or a copy of which so much is left out that it counts `most` tokens, with a note in its place.

    Reasoning, ids and names are never cut, so what has more of them than that stays above it.
    """
    if tokens(item) <= most or not (name := _long_field(item)):
        return item
    value, as_cut = field(item, name), _as_json if name == "arguments" else _cut_all
    room = (most - tokens({**item, name: as_cut(value, 0)})) * BYTES
    for _ in range(TRIES if room >= 0 else 0):
        changed = {**item, name: as_cut(value, room)}
        if (now := tokens(changed)) <= most:
            return changed
        room = max(0, min(room * most // now, room - (now - most) * BYTES))
    # Where a note for each of very many parts is too much as well, or a picture is, it becomes one short text.
    return {**item, name: _as_json(value, 0) if name == "arguments" else cut(_text(value), 0)}


def cut(text: str, room: int) -> str:
    """The beginning and the end of a text within so many bytes, and between them how much is left out."""
    raw = text.encode(errors="replace")
    if len(raw) <= room:
        return text
    note = f"\n[cut here: {len(text)} characters in all, kept but too long to be shown to you whole]\n"
    left = max(0, room - len(note))
    head = raw[: left * 2 // 3].decode(errors="ignore")
    tail = raw[len(raw) - left // 3 :].decode(errors="ignore")
    return f"{head}{note}{tail}"


def _long_field(item: Item) -> str:
    """The field in which there is something to cut."""
    if is_output(item):
        return "output"
    if field(item, "role"):
        return "content"
    return next((name for name in ("arguments", "input") if isinstance(field(item, name), str)), "")


def _cut_all(value: Any, room: int) -> Any:
    """Cut a text, or the texts of a list of parts, each to its share."""
    if isinstance(value, str):
        return cut(value, room)
    if not isinstance(value, list):
        return value if value is None else cut(json.dumps(value, ensure_ascii=False, default=str), room)
    parts = cast("list[Any]", value)
    share = room // max(1, len(parts))
    return [_cut_part(part, lambda text: cut(text, share)) for part in parts]


def _cut_part(part: Any, shorter: Callable[[str], str]) -> Any:
    """Cut whatever texts a part has, be it words or the data of a file; a picture is none."""
    found = cast("dict[str, Any]", part)
    if not isinstance(part, dict) or is_picture(part):
        return found
    names = ("text", "refusal", "file_data")
    return {
        name: shorter(one) if name in names and isinstance(one, str) else one for name, one in found.items()
    }


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = cast("list[Any]", value) if isinstance(value, list) else [value]
    return "\n".join(str(field(part, "text") or f"[{kind(part) or 'data'}]") for part in parts)


def _as_json(arguments: str, room: int) -> str:
    """Arguments stay JSON: some servers read them, and refuse what is none."""
    return json.dumps({"left_out": cut(arguments, room)}, ensure_ascii=False)
