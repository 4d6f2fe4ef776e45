"""Where a text can be cut without halving what a person sees as one character. Pure.

The rules are Unicode's, for extended grapheme clusters: https://www.unicode.org/reports/tr29/
"""

from __future__ import annotations

from typing import Final

import regex

_GRAPHEME: Final = regex.compile(r"\X")
#: How far back a place is looked for from which graphemes are counted. One that is longer is cut all the same.
_BACK: Final = 256


def border(text: str, at: int) -> int:
    """The last place at or before `at` where no grapheme is halved; `at` itself in one without end."""
    if at <= 0 or at >= len(text):
        return min(max(at, 0), len(text))
    least = max(at - _BACK, 0)
    begin = max(text.rfind("\n", least, at), text.rfind(" ", least, at))
    endless = {0, least if begin < 0 else 0}
    for found in _GRAPHEME.finditer(text, max(begin, least)):
        if found.end() >= at:
            return at if found.end() == at or found.start() in endless else found.start()
    return at


def head(text: str, most: int) -> str:
    """The beginning of a text, of at most so many characters."""
    return text if len(text) <= most else text[: border(text, most)]


def tail(text: str, most: int) -> str:
    """The end of a text, of at most so many characters."""
    if len(text) <= most:
        return text
    at = border(text, len(text) - most)
    if at == len(text) - most:
        return text[at:]
    found = _GRAPHEME.match(text, at)
    return text[found.end() :] if found else text[at:]
