"""How programs say that they broke off. The model reads it whole; people read a sentence. Pure."""

from __future__ import annotations

import re
from typing import Final

#: A traceback of Python's, or a line from the middle or the end of one, as it is known by two lines; the same of Node's,
#: Java's and Rust's.
_TRACE: Final = re.compile(
    r"^\s*(?:Traceback \(most recent call last\)"
    r"|File \"[^\"\n]*\", line \d+"
    r"|[\^~]{2,}\s*$"
    r"|(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?:: |\s*$)"
    r"|Exception in thread \""
    r"|at (?:[\w$.<> ]+\()?[^\s()]*[./:][A-Za-z][^\s()]*:\d+\)?\s*$"
    r"|thread '[^'\n]*' (?:\(\d+\) )?panicked at )",
    re.MULTILINE,
)


def is_traceback(said: str) -> bool:
    """Whether the last lines of a command are of a program that broke off."""
    return _TRACE.search(said) is not None
