"""What a person reads of Markdown: which characters, in what kind of block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

READER = (
    MarkdownIt("commonmark").enable("table").disable(["html_block", "html_inline", "reference", "autolink"])
)
#: Where a link goes, as a label says it.
PLACE = re.compile(r"(\[?acme) ?\(acme\.test\)")

#: The blocks something stands in, outermost first, and what stands there.
Read = list[tuple[tuple[str, ...], str]]


@dataclass
class Reading:
    """Goes through the tokens of one message."""

    path: list[str] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    found: Read = field(default_factory=list)
    #: The header of the table that stands last, if one does.
    header: list[str] = field(default_factory=list)

    def take(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            self._take(token, tokens[index + 1 :])

    def _take(self, token: Token, following: Sequence[Token]) -> None:  # noqa: C901 - one for each kind
        match token.type:
            case "bullet_list_open":
                self.numbers.append(None)
            case "ordered_list_open":
                self.numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self.numbers.pop()
            case "list_item_open":
                number = self.numbers[-1]
                self.path.append("item" if number is None else f"{number}.")
                self.numbers[-1] = None if number is None else number + 1
            case "blockquote_open":
                self.path.append("quote")
            case "list_item_close" | "blockquote_close":
                self.path.pop()
            case "fence" | "code_block":
                self._add(f"code {token.info.strip()}", plain(token.content.replace("\n", "")))
            case "hr":
                self._add("rule", "-")
            case "paragraph_open" | "heading_open" | "th_open" | "td_open":
                self._add(token.tag, seen(following[0].children or []))
            case _:
                pass

    def _add(self, kind: str, text: str) -> None:
        self.found.append(((*self.path, kind), text))


def seen(children: Sequence[Token]) -> str:
    """The characters of a line of prose, without blanks and marks of emphasis."""
    found = "".join(one.content for one in children)
    return plain(re.sub(r"[\s*_]", "", found))


def plain(text: str) -> str:
    """A text without what is said of its links, and with what Slack would act on as it was written."""
    return PLACE.sub(r"\1", text.replace("&lt;", "<"))


def read(*messages: str) -> Read:
    """Read messages one after the other: what goes on in the next one is one text."""
    found: Read = []
    for message in messages:
        one = Reading()
        one.take(READER.parse(message))
        found += _without_header(one.found, found) if found else one.found
    return _joined([(path, text.replace("…", "")) for path, text in found])


def _without_header(message: Read, before: Read) -> Read:
    """A message without the table's header that it repeats."""
    at = next((index for index, (_, text) in enumerate(message) if text.replace("…", "")), 0)
    end = next((i for i in range(at, len(message)) if message[i][0][-1] != "th"), len(message))
    header = message[at:end]
    if not header or before[-1][0][-1] not in {"td", "th"}:
        return message
    last = [index for index, (path, _) in enumerate(before) if path[-1] == "th"]
    begins = next(
        i
        for i in reversed(range(len(before)))
        if before[i][0][-1] == "th" and (i == 0 or before[i - 1][0][-1] != "th")
    )
    ends = next((i for i in range(begins, len(before)) if before[i][0][-1] != "th"), len(before))
    return message[:at] + message[end:] if last and header == before[begins:ends] else message


def _joined(parts: Read) -> Read:
    found: Read = []
    for path, text in parts:
        if found and found[-1][0] == path:
            found[-1] = (path, found[-1][1] + text)
        elif text:
            found.append((path, text))
    return found
