"""Damage to JSON and to bytes, drawn from a seeded source."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

#: Text that has broken things before: other alphabets' digits, marks that reverse or hide, lone
#: surrogates, separators of our own keys, markup of Slack's, numbers that are none.
HOSTILE = (
    *("", " ", "\x00", "null", "٣٤٥.٦٧٨٩٠١", "1e309", "-1", "NaN", "../../etc/passwd", "T1/C1/1.1", "a:b:c"),
    *("\u202eevil\u202c", "\u200b\u200d\ufeff", "\ud800", "\U0001f9a0" * 40, "ﷺ" * 30, "Z͑ͫ̓ͪ̂ͫ̽" * 8),
    *("<!channel>", "<@U0OMAR0001|x>", "&lt;!here&gt;", "*_`~", "'; --", "{{7*7}}", "%s%n", "\r\n\r\n"),
)
STRANGE: tuple[Any, ...] = (None, True, 0, -1, 2**63, 1e308, [], {}, [[]], {"": ""}, "x")


def damaged(value: Any, random: Random, times: int | None = None) -> Any:
    """Copy a value and damage it in one to three places."""
    found = copy.deepcopy(value)
    for _ in range(times or random.choice((1, 1, 1, 2, 3))):
        places = list(_places(found))
        if not places:
            return _strange(random)
        _damage(*random.choice(places), random)
    return found


def _strange(random: Random) -> Any:
    return copy.deepcopy(random.choice(STRANGE))  # it may be damaged in its turn


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with a key or an index into it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _damage(container: Any, key: Any, random: Random) -> None:
    match random.randrange(7):
        case 0 | 1:
            del container[key]
        case 2:
            container[key] = _strange(random)
        case 3:
            container[key] = random.choice(HOSTILE)
        case 4:
            container[key] = {"inside": container[key]}
        case 5:
            container[key] = [copy.deepcopy(container[key]) for _ in range(random.choice((1, 2, 50)))]
        case _:
            container[key] = _altered(container[key], random)


def _altered(value: Any, random: Random) -> Any:
    if isinstance(value, str):
        at = random.randrange(len(value) + 1)
        return random.choice(
            (value[:at], value + random.choice(HOSTILE), value[:at] + "\u202e" + value[at:], value * 200)
        )
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return random.choice((-value, value + 1, str(value), 10**40))
    return _strange(random)


def broken(data: bytes, random: Random) -> bytes:
    """Damage bytes: cut them, flip some, put others in, or replace them."""
    at = random.randrange(len(data) + 1)
    match random.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[at:]
        case 2:
            return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
        case 3:
            return data[:at] + random.randbytes(random.randrange(1, 40)) + data[at:]
        case _:
            return random.randbytes(random.randrange(60))


def dumped(value: Any) -> bytes:
    """Write JSON the way it travels; lone surrogates are escaped."""
    return json.dumps(value).encode()
