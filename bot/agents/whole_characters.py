"""Halves of characters in a model's answer made whole, or replaced: nothing that is UTF-8 can hold them. Pure.

JSON can write one half of a surrogate pair. A model that ends an emoji in the middle does so, and a server that
counts text in UTF-16 sends the two halves in two pieces. No record, no fingerprint and no request can be written of them.
https://www.unicode.org/faq/utf_bom.html#utf16-7
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

#: What is written in the place of a half.
UNKNOWN: Final = "\ufffd"
_HALF: Final = re.compile("[\ud800-\udfff]")
_HIGH: Final = re.compile("[\ud800-\udbff]\\Z")
#: Escapes in a JSON text: two halves that belong together, one alone, any other.
_ESCAPE: Final = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_WORDS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})


def whole(text: str) -> str:
    """A text whose halves are joined where they belong together, and replaced where they do not."""
    if not _HALF.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_json(text: str) -> str:
    """The same of a JSON text, in which a half may be escaped as well."""
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: r"\ufffd" if found[2] else found[0], text)
    return whole(text)


@dataclass(slots=True)
class Characters:
    """The characters of one streamed answer; `half` is the beginning of one whose end has not come yet."""

    half: str = ""

    def mend(self, event: Any) -> None:
        """Make an event's text whole: half a character at the end of a piece goes on with the next piece."""
        if event.type in _WORDS:
            text = self.half + event.delta
            ends = _HIGH.search(text)
            self.half = ends[0] if ends else ""
            event.delta = whole(text[: ends.start()] if ends else text)
        elif event.type == "response.output_item.done":
            _mend(event.item)
        elif event.type in {"response.completed", "response.incomplete"}:
            for item in event.response.output:
                _mend(item)


def _mend(item: Any) -> None:
    match getattr(item, "type", ""):
        case "function_call":
            item.arguments = whole_json(item.arguments)
        case "message":
            for part in item.content:
                name = "refusal" if part.type == "refusal" else "text"
                setattr(part, name, whole(getattr(part, name)))
        case _:
            return
