"""What people read where a tool is meant: its title, or plain words made of its name. Pure."""

from __future__ import annotations

import re
from typing import Final

#: Longest title, in characters: it stands in the headline of a card beside an amount.
LONGEST: Final = 60
_SEAMS: Final = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")


def title_of(name: str) -> str:
    """Make plain words of a name: "book_time_off" and "bookTimeOff" become "Book time off"."""
    parts = [part for part in _SEAMS.split(name) if part]
    said = " ".join(part if part.isupper() else part.lower() for part in parts)
    return said[:1].upper() + said[1:] or name


def checked(title: str) -> str:
    """Return a title that somebody chose; raises `ValueError` for one that is no short line."""
    if not title.strip() or not title.isprintable() or len(title) > LONGEST:
        raise ValueError(f"a title is one line of up to {LONGEST} characters, not {title!r}")
    return title.strip()
