"""Characters that mislead the eye, made visible."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Unicode categories that show nothing or reorder what is shown: control, format (bidi and
#: zero-width characters), surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Letters, marks and symbols that look like nothing: fillers, joiners, variation selectors, blank Braille.
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


def visible(text: str, *, keep: str = "\n") -> str:
    """Write every character that cannot be seen, but those in `keep`, as its escape (`\\u202e`)."""
    return "".join(char if char in keep or not _is_hidden(char) else _escape(char) for char in text)


def _is_hidden(char: str) -> bool:
    if " " <= char <= "~":
        return False
    category = unicodedata.category(char)
    return category in _HIDDEN or category == "Zs" or _BLANK.match(char) is not None


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
