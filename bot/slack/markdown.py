"""Markdown from a model, made safe for Slack's markdown block and cut to its size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.slack import limits

#: A fence has at most so many marks and so much indent: beyond, a line is text like any other, so
#: that closing and reopening fences never fills a part.
LONGEST_MARK: Final = 32
#: The longest info string ("python") repeated where a fence is cut.
LONGEST_INFO: Final = 40
_FENCE: Final = re.compile(
    rf"([ \t]{{0,{LONGEST_MARK}}})(`{{3,{LONGEST_MARK}}}(?!`)|~{{3,{LONGEST_MARK}}}(?!~))([^\n]*)"
)
#: The smallest size text can be cut to: room for a fence reopened and closed, and some text.
SMALLEST_PART: Final = 256

#: The end of a link's label and the start of its target: `[label](target`.
_LINK: Final = re.compile(r"(!?)(\[)?((?<=\[)[^\[\]\n]*)?\]\(\s*<?([^\s<>]*)")
_ABSOLUTE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_DEFINITION: Final = re.compile(r"^([ \t>*+\-0-9.)]{0,32})(?=\[[^\]]{1,999}\]:)", re.MULTILINE)
#: What Slack takes for a mention or a link even in Markdown:
#: https://docs.slack.dev/messaging/formatting-message-text#advanced
_TOKEN: Final = re.compile(
    r"<(?=[@#]|!(?:here|channel|everyone|group|subteam|date)|[^>\n]{0,300}(?:\||://|mailto:|tel:|slack:))",
    re.IGNORECASE,
)
_HOST: Final = re.compile(r"[a-z0-9.-]+")
_HALF_ENTITY: Final = re.compile(r"&[a-z]{0,3}\Z")


def safe(text: str) -> str:
    """Make a model's Markdown unable to ping, to hide where a link goes, or to fetch an image.

    Prose loses every `<` to its entity; code only those that Slack would act on, so that it can
    still be read and copied. A link's label names the link's host. All else stays as it is.
    """
    parts = (_safe_code(part) if is_code else _safe_prose(part) for part, is_code in _segments(text))
    return _TOKEN.sub("&lt;", "".join(parts))


def escape(text: str) -> str:
    """Escape text for Slack's own markup: https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(text: str) -> str:
    """Shorten a text to what a notification shows of it, escaped."""
    line = " ".join(text.split())
    return escape(line if len(line) <= limits.FALLBACK else f"{line[: limits.FALLBACK]}…")


def _safe_code(text: str) -> str:
    def name(link: re.Match[str]) -> str:
        return _named(link) if _ABSOLUTE.match(link[4]) else link[0]

    return _LINK.sub(name, text)


def _safe_prose(text: str) -> str:
    text = _LINK.sub(_named, _DEFINITION.sub(r"\1\\", text))
    return text.replace("![", "[").replace("<", "&lt;")


def _named(link: re.Match[str]) -> str:
    """Put the target's host into the label, unless the label is the target."""
    _, bracket, label, target = link.groups()
    target = target.split(")")[0]
    if not target or label in {target, target.removeprefix("https://"), target.removeprefix("http://")}:
        return link[0].removeprefix("!")
    tail = link[0][link[0].index("](") :]
    return f"{bracket or ''}{label or ''} ({_place(target)}){tail}"


def _place(target: str) -> str:
    """Name where a link goes: its host, or all of it where a host could be mistaken."""
    try:
        url = urlsplit(target)
        host = url.hostname or ""
    except ValueError:
        return target
    plain_host = url.scheme in {"http", "https"} and "\\" not in target and _HOST.fullmatch(host)
    return host if plain_host else target[: limits.FALLBACK]


def _segments(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is code."""
    fence: Fence | None = None
    prose = code = ""
    for line in _lines(text):
        before, fence = fence, _after(fence, line)
        if before or fence:
            yield from _inline(prose)
            prose, code = "", code + line
        else:
            yield code, True
            prose, code = prose + line, ""
    yield code, True
    yield from _inline(prose)


def _inline(prose: str) -> Iterator[tuple[str, bool]]:
    """Yield prose and the code spans in it; a span ends on its line, and `\\`` opens none."""
    runs = list(re.finditer(r"`+|\n", prose))
    closers = _closers(runs)
    index = at = 0
    while index < len(runs):
        start, closer = runs[index].start(), closers[index]
        if closer is None or prose[start - 1 : start] == "\\":
            index += 1
            continue
        yield prose[at:start], False
        at, index = runs[closer].end(), closer + 1
        yield prose[start:at], True
    yield prose[at:], False


def _closers(runs: list[re.Match[str]]) -> list[int | None]:
    """Find for each run of backticks the next one as long, on the same line."""
    closers: list[int | None] = [None] * len(runs)
    nearest: dict[str, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        mark = runs[index][0]
        if mark == "\n":
            nearest.clear()
        else:
            closers[index] = nearest.get(mark)
            nearest[mark] = index
    return closers


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code fence, as its first line wrote it."""

    indent: str
    mark: str
    info: str

    @property
    def opening(self) -> str:
        """What opens it again in the next part."""
        return f"{self.indent}{self.mark}{self.info if len(self.info) <= LONGEST_INFO else ''}\n"

    def closing(self, body: str) -> str:
        """What closes it behind a body that is cut off."""
        return f"{'' if body.endswith(chr(10)) else chr(10)}{self.indent}{self.mark}"


def _after(fence: Fence | None, line: str) -> Fence | None:
    """Tell which fence is open behind a line."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    indent, mark, info = found.groups()
    if fence is None:
        return None if mark[0] == "`" and "`" in info else Fence(indent, mark, info.rstrip())
    closes = mark[0] == fence.mark[0] and len(mark) >= len(fence.mark) and not info.strip()
    return None if closes else fence


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a cut text: `body` is the text's own, the rest keeps a cut fence whole."""

    opening: str
    body: str
    closing: str

    @property
    def text(self) -> str:
        return f"{self.opening}{self.body}{self.closing}"


def split(text: str, limit: int) -> list[str]:
    """Cut a text into parts of at most `limit` characters, none of them blank."""
    return [piece.text for piece in pieces(text, limit) if piece.body.strip()]


def pieces(text: str, limit: int) -> list[Piece]:
    """Cut a text, at paragraphs and fences where it can, closing and reopening cut fences.

    The bodies joined are the text. Raises `ValueError` for a limit below `SMALLEST_PART`.
    """
    if limit < SMALLEST_PART:
        raise ValueError(f"cannot cut to {limit} characters")
    found: list[Piece] = []
    fence: Fence | None = None
    while text:
        opening = fence.opening if fence else ""
        end = _cut(text, fence, limit - len(opening))
        body, text = text[:end], text[end:]
        for line in _lines(body):
            fence = _after(fence, line)
        found.append(Piece(opening, body, fence.closing(body) if fence else ""))
    return found


def _cut(text: str, fence: Fence | None, room: int) -> int:
    """Find where to cut so that the head and the closing of its fence fit into `room`."""
    best = (0, 0)  # rank, position
    at = 0
    for line in _lines(text[:room]):
        at, before, fence = at + len(line), fence, _after(fence, line)
        size = at + (len(fence.closing(line)) if fence else 0)
        if at == len(text) and size <= room:
            return at
        if not line.endswith("\n") or size > room:
            break
        if at >= room // 2:
            best = max(best, (_rank(line, before, fence, text[at : at + 80]), at))
    return best[1] or _cut_line(text, room)


def _rank(line: str, before: Fence | None, fence: Fence | None, following: str) -> int:
    """Rate the border behind a line: 3 between paragraphs or at a fence, 2 a line, 1 in a fence."""
    if fence:
        return 1
    is_border = not line.strip() or before or _after(None, following.split("\n")[0])
    return 3 if is_border else 2


def _cut_line(text: str, room: int) -> int:
    """Cut inside a line that is too long, behind a space where there is one."""
    room -= 1 + 2 * LONGEST_MARK  # what closes a fence at the most: newline, indent, mark
    space = text.rfind(" ", room // 2, room)
    if space >= 0:
        return space + 1
    half = _HALF_ENTITY.search(text[:room])
    return half.start() if half else room
