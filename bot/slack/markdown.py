"""Markdown from a model, made safe for Slack's markdown block and cut to its size."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.slack import limits, links
from bot.slack.code_regions import CODE, DOUBTFUL, LIKELY, PROSE, regions

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

#: A reference definition, which no line may begin with whatever stands before it:
#: https://spec.commonmark.org/0.31.2/#link-reference-definitions
_DEFINITION: Final = re.compile(r"(?:^|(?<=\r))[ \t>*+\-0-9.):!]*+(?:\[[ xX]\][ \t]+)?(?=\[)", re.MULTILINE)
_ESCAPED: Final = re.compile(r"\\.|\]", re.DOTALL)
#: The longest label of a definition is 999 characters; some room for other readers.
_LABEL: Final = 1100
_IMAGE: Final = re.compile(r"(?<!!)!++(?=\[)")
#: HTML that leads somewhere; Slack knows none, but another reader of what may be no code does.
_HTML: Final = re.compile(r"<(?=/?[a-z][^<>]{0,300}?(?:href|src)\s*=)", re.IGNORECASE)
#: Characters that turn around what is read: with them `moc.live` is a host.
#: https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
_TURNED: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: What Slack takes for a mention or a link even in Markdown:
#: https://docs.slack.dev/messaging/formatting-message-text#advanced
_TOKEN: Final = re.compile(
    r"<(?=[@#]|!(?:here|channel|everyone|group|subteam|date)|[^>\n]{0,300}(?:\||://|mailto:|tel:|slack:))",
    re.IGNORECASE,
)
#: Text in which nothing opens: most of what a model says, looked at on every live edit.
_HARMLESS: Final = re.compile(r"[^<\[]*+")
_ANGLE: Final = re.compile("<")
_HALF_ENTITY: Final = re.compile(r"&[a-z]{0,3}\Z")


#: A place in a text, and what is to be there instead.
Change = tuple[int, int, str]


def parts(text: str, limit: int) -> list[str]:
    """Make a model's Markdown safe and cut it into parts of about `limit` characters, none blank.

    A cut can put what was harmless in the middle of a line to the beginning of one, and halve a
    span of code, so each part is looked at again.
    """
    found = split(safe(text), limit)
    return [safe(part) for part in found] if len(found) > 1 else found


def safe(text: str) -> str:
    """Make a model's Markdown unable to ping, to hide where a link goes, or to fetch an image.

    Prose loses every `<` to its entity; code only those that Slack would act on, so that it can
    still be read and copied. A link's label names the link's host; a link that different readers
    could take for different ones is written out. All else stays as it is; what is safe already, too.
    """
    if "](" in text or "://" in text:
        text = _TURNED.sub("", text)
    if _HARMLESS.fullmatch(text):
        return text
    kinds = regions(text)
    changes = sorted(
        (*_definitions(text, kinds), *_links(text, kinds), *_images(text, kinds), *_angles(text, kinds))
    )
    return _TOKEN.sub("&lt;", _changed(text, changes))


def _changed(text: str, changes: list[Change]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, instead in changes:
        pieces += (text[at:start], instead)
        at = end
    return "".join((*pieces, text[at:]))


def _definitions(text: str, kinds: bytearray) -> Iterator[Change]:
    """Escape what would give a target to a label elsewhere: `[` at the beginning of a line, then `]:`."""
    ends = [found.start() for found in _ESCAPED.finditer(text) if found[0] == "]"]
    for found in _DEFINITION.finditer(text):
        at = found.end()
        index = bisect(ends, at)
        closers = [text.find("]", at, at + _LABEL), *ends[index : index + 1]]  # with and without escapes
        is_one = any(text[end : end + 2] == "]:" and end - at < _LABEL for end in closers)
        if is_one and kinds[at] != CODE:
            yield at, at, "\\"


def _links(text: str, kinds: bytearray) -> Iterator[Change]:
    """Let each link's label say where it goes, and take a link apart that could go to two places."""
    for found in links.OPENING.finditer(text):
        close, at = found.end() - 2, found.end()
        if text[at : at + 1] == ")" or not _could_be_read(text, kinds[close], at):
            continue
        target = links.target(text, at)
        is_nested = kinds[close] != PROSE and found[1] is None  # in code an image may be around it
        if target is None or is_nested or text[close - 1 : close] == "\\":
            yield at - 1, at - 1, " "
        elif not target.is_said_by(found[1]) and not text.endswith(f" ({target.place})", 0, close):
            yield close, close, f" ({target.place})"


def _could_be_read(text: str, kind: int, at: int) -> bool:
    """Tell whether anybody could take what begins at `at` for a target: code is full of `f[0](x)`."""
    return (
        kind in {PROSE, DOUBTFUL}
        or links.is_absolute(text, at)
        or (kind == LIKELY and links.leads_out(text, at))
    )


def _images(text: str, kinds: bytearray) -> Iterator[Change]:
    """Make links of images: of all in prose, and of those in code that somebody could take for one."""
    openings = list(links.OPENING.finditer(text))
    read = {one.start() for one in openings if _could_be_read(text, kinds[one.end() - 2], one.end())}
    for found in _IMAGE.finditer(text):
        if kinds[found.start()] == PROSE or found.end() in read:
            yield *found.span(), ""


def _angles(text: str, kinds: bytearray) -> Iterator[Change]:
    """Let no `<` of prose open anything."""
    for at in (found.start() for found in _ANGLE.finditer(text)):
        if kinds[at] == PROSE or (kinds[at] in {DOUBTFUL, LIKELY} and _HTML.match(text, at)):
            yield at, at + 1, "&lt;"


def escape(text: str) -> str:
    """Escape text for Slack's own markup: https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(text: str) -> str:
    """Shorten a text to what a notification shows of it, escaped."""
    line = " ".join(text.split())
    return escape(line if len(line) <= limits.FALLBACK else f"{line[: limits.FALLBACK]}…")


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
