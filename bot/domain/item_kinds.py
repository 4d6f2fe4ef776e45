"""What an item of a conversation is: words of a person, a call, its output, or something else of a model. Pure."""

from __future__ import annotations

from typing import Any

Item = Any


def field(item: Item, name: str) -> Any:
    """A field of an item; None where it has none."""
    return item.get(name) if isinstance(item, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def kind(item: Item) -> str:
    """The type of an item; a message may name none."""
    return str(field(item, "type") or "")


def is_of_person(item: Item) -> bool:
    """Whether a person wrote it: an exchange begins there."""
    return bool(field(item, "role") == "user")


def is_output(item: Item) -> bool:
    """Whether it is what came of a call."""
    return bool(field(item, "call_id")) and kind(item).endswith("_output")


def is_call(item: Item) -> bool:
    """Whether it is a call that has an output of its own; those that a server carries out have none."""
    return bool(field(item, "call_id")) and not is_output(item)


def is_reasoning(item: Item) -> bool:
    """Whether it belongs to the item behind it."""
    return kind(item) == "reasoning"
