"""How much work a value is to seal, to open or to look through: little is done at once, more of it beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

#: Characters: so many are turned into JSON, compressed and sealed in less than a millisecond, or opened again.
#: To hand something over to a thread, and to wait until it has had its turn, takes about as long.
LITTLE: Final = 16_000
#: The same of what is sealed already: it may hold a thousand times as much, so that this takes some milliseconds at the worst.
SEALED_LITTLE: Final = 8_000
#: What a number, or the beginning of anything that holds others, counts.
_EACH: Final = 8


def is_little(*values: Any, most: int = LITTLE) -> bool:
    """Whether all values together are no more than `most`, with all that they hold; looks no further than that."""
    room, waiting = most, [*values]
    while waiting and room >= 0:
        value = waiting.pop()
        room -= _EACH
        if isinstance(value, str | bytes):
            room -= len(value)
        elif isinstance(value, Mapping):
            held = cast("Mapping[Any, Any]", value)
            room -= _EACH * len(held)
            waiting += (*held, *held.values()) if room >= 0 else ()
        elif isinstance(value, list | tuple | set | frozenset):
            items = cast("list[Any]", value)
            room -= _EACH * len(items)
            waiting += items if room >= 0 else ()
        elif is_dataclass(value := cast("object", value)) and not isinstance(value, type):
            waiting += [getattr(value, name) for name in _names(type(value))]
    return room >= 0


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


async def beside(is_quick: bool, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Do something that is quick at once, and anything else in a thread."""
    return work(*args, **named) if is_quick else await asyncio.to_thread(work, *args, **named)
