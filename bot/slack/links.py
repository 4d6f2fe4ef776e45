"""Where a Markdown link goes, said so that every reader of the text reads the same. Pure.

Parsers differ about brackets in a target, about entities, titles and escapes, and Slack's own is
not published. So a link stays one only if its target can be read in one way; any other is written
out as text, which a space between `]` and `(` does in all of them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

#: `](`, with the label before it where that holds no bracket itself.
OPENING: Final = re.compile(r"(?:\[([^\[\]]*))?\]\(")
_SAFE_HOST: Final = r"[A-Za-z0-9.\u00a1-\uffff\U00010000-\U0010ffff-]+"
_IN_PATH: Final = r"[^\s<>\[\]\\()\"`]"
#: A web address: perhaps a person, a host, perhaps a port; then a path, which may have (brackets):
#: wherever a reader ends it because of them, the host is the same.
_WEB: Final = re.compile(
    rf"(https?://(?:[A-Za-z0-9._~!$'*+,;=:%-]*@)?({_SAFE_HOST})(?::\d*)?(?:[/?#](?:{_IN_PATH}|\({_IN_PATH}*\))*)?)\)"
)
#: Any other target: an address without brackets that looks the same however it is read.
_OTHER: Final = re.compile(r"([A-Za-z0-9._%/?#=+,;:@!$'&-]+)\)")
#: In a label it would be emphasis or an emoji, and not be seen.
_DRAWN: Final = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:[a-z0-9_+'-]+:")
_ABSOLUTE: Final = re.compile(r"\s*(?:&lt;|<)*+\s*(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|\\|&)")
#: What leads out of a text may be anything with one of these in it.
_LEADS_OUT: Final = re.compile(r"[^)\r\n]{0,300}[:/.@\\&<#?]")
_PLAIN_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link goes: its `place` is what a label must say of it."""

    written: str
    place: str

    def is_said_by(self, label: str | None) -> bool:
        """Tell whether a label is the target itself."""
        bare = self.written.removeprefix("https://"), self.written.removeprefix("http://")
        return label in {self.written, *bare}


def target(text: str, at: int) -> Target | None:
    """Read the target that begins at a position; None for one that could be read in two ways."""
    if web := _WEB.match(text, at):
        host = _ascii(web[2])
        return Target(web[1], host) if host and _shows(web[1]) else None
    if other := _OTHER.match(text, at):
        return None if _DRAWN.search(other[1]) else Target(other[1], other[1])
    return None


def is_absolute(text: str, at: int) -> bool:
    """Tell whether a target leads to a place by itself, and so makes a link of what looks like code."""
    return _ABSOLUTE.match(text, at) is not None


def leads_out(text: str, at: int) -> bool:
    """Tell whether a target could lead anywhere: `(x)` in code is a call."""
    return _LEADS_OUT.match(text, at) is not None


def _ascii(host: str) -> str:
    """Write a host as it is looked up, so that no letter of it can pass for another.

    Empty for one that is looked up in two ways (`ß`, wide letters, other full stops).
    """
    if _PLAIN_HOST.fullmatch(host):
        return host.lower()
    try:
        looked_up = host.encode("idna")
        return looked_up.decode("ascii") if looked_up.decode("idna") == host else ""
    except UnicodeError:
        return ""


def _shows(address: str) -> bool:
    """Tell whether all of it can be seen: no control, no bidi mark, no space of any kind."""
    return address.isascii() or all(unicodedata.category(char)[0] not in "CZ" for char in address)
