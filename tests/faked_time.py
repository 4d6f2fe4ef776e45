"""A time of day that is wrong, for a process of its own, by libfaketime; its ticks are not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LIBRARY: Final = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
#: Its repair of an old glibc is the wrong way round with a later one: each wait of a thread for another, for the
#: interpreter's lock too, would end at once and begin anew, at the cost of a whole core.
#: https://github.com/wolfcw/libfaketime, under FAKETIME_FORCE_MONOTONIC_FIX
_FAKED: Final = {
    "LD_PRELOAD": str(_LIBRARY),
    "DONT_FAKE_MONOTONIC": "1",
    "FAKETIME_FORCE_MONOTONIC_FIX": "0",
}


def off_by(how_far: str) -> dict[str, str]:
    """The environment of a process whose clock is off by so much, such as `-7200s`."""
    return _FAKED | {"FAKETIME": how_far}


def moved_by(file: Path) -> dict[str, str]:
    """The same, by what a file says; it is read at each look at the clock."""
    return _FAKED | {"FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
