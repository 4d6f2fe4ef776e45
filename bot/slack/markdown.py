"""Markdown from a model, made safe for Slack's markdown block."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import Final

from bot.slack import limits, links
from bot.slack.code_regions import CODE, DOUBTFUL, LIKELY, PROSE, regions
from bot.slack.graphemes import head

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
#: An address in it has no blank, and `Promise<string|null>` and `sort < a | uniq` lead nowhere.
_TOKEN: Final = re.compile(
    r"<(?=[@#]|!(?:here|channel|everyone|group|subteam|date)"
    r"|[ \t]{0,9}+[^\s>|]{0,300}(?://|mailto:|tel:|slack:)"
    r"|(?=[^\s>|]{0,300}[.:/\\])[^\s>|]{1,600}+\|)",
    re.IGNORECASE,
)
#: Text in which nothing opens: most of what a model says, looked at on every live edit.
_HARMLESS: Final = re.compile(r"[^<\[]*+")
_ANGLE: Final = re.compile("<")


#: A place in a text, and what is to be there instead.
Change = tuple[int, int, str]


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
    return _TOKEN.sub("&lt;", _changed(text, changes(text)))


def changes(text: str, kinds: bytearray | None = None) -> list[Change]:
    """What `safe` changes in a text, in order, but for what Slack would act on in code."""
    if _HARMLESS.fullmatch(text):
        return []
    kinds = regions(text) if kinds is None else kinds
    return sorted(
        (*_definitions(text, kinds), *_links(text, kinds), *_images(text, kinds), *_angles(text, kinds))
    )


def _changed(text: str, made: list[Change]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, instead in made:
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
    return escape(line if len(line) <= limits.FALLBACK else f"{head(line, limits.FALLBACK)}…")
