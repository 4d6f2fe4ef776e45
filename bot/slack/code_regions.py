"""Which characters of a Markdown text are code, as CommonMark reads it, and whether every reader agrees.

Slack's own parser is not published, so where another way to read a text is known (a fence inside a
quote, a span over two lines, tildes), its code is `LIKELY` only, and such a span `DOUBTFUL`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it.token import Token

from bot.slack.block_structure import blocks

#: What a character is, as one byte for each.
PROSE: Final = 0
DOUBTFUL: Final = 1
LIKELY: Final = 2
CODE: Final = 3

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_RUN: Final = re.compile(r"`+|\n|\r")
#: Without one of these there is no code, and nothing to parse.
_CODE_AT_ALL: Final = re.compile(r"`|~~~|\t|    ")
#: A fence that every reader sees, and what one of them might take for its end.
_PLAIN_FENCE: Final = re.compile(r"```[\w+#.-]*\s*")
_ADDRESS: Final = re.compile(r"(?:://|www\.)\S*", re.IGNORECASE)
_MARKS: Final = re.compile(r"\s*(?:`{3}|~{3})")

#: Where a span begins and ends, and whether it has lines to itself.
Span = tuple[int, int]


def regions(text: str, tokens: Sequence[Token] | None = None) -> bytearray:
    """Say of each character whether it is `PROSE`, a `DOUBTFUL` span, `LIKELY` a block of code, or `CODE` for sure.

    `tokens`: the text's blocks, where they are known.
    """
    kinds = bytearray(len(text))
    if _CODE_AT_ALL.search(text) is None:
        return kinds
    lines = [found.span() for found in _LINE.finditer(text)]
    done = 0  # the cells of a table row are one block each, all on the same line
    for token in blocks(text) if tokens is None else tokens:
        if token.map is None or not lines:
            continue
        first, last = token.map[0], min(token.map[1], len(lines))
        start, end = lines[first][0], lines[last - 1][1]
        if token.type in {"fence", "code_block"}:
            kinds[start:end] = bytes([_fence(token, text[start:end])]) * (end - start)
        elif token.type == "inline" and last > done:
            for (begin, stop), kind in _spans(text, start, end):
                kinds[begin:stop] = bytes([kind]) * (stop - begin)
            done = last
    return kinds


def _fence(token: Token, source: str) -> int:
    """Judge a block of code: certain is one whose plain fence begins its line, with no mark inside."""
    lines = source.splitlines()
    closed = len(lines) > 1 and lines[-1].strip() == "```"
    body = lines[1:-1] if closed else lines[1:]
    plain = token.type == "fence" and _PLAIN_FENCE.fullmatch(lines[0])
    return CODE if plain and not any(_MARKS.match(line) for line in body) else LIKELY


def _spans(text: str, start: int, end: int) -> Iterator[tuple[Span, int]]:
    """Find the code spans of a block: certain are those that a reader of single lines finds too.

    One that makes links of bare addresses may take a backtick for a part of one; for it every later
    span of the block begins where others end.
    """
    on_one_line = set(_paired(text, start, end, across=False))
    addresses = (found.span() for found in _ADDRESS.finditer(text, start, end))
    address = next(addresses, None)
    is_doubtful = False
    for span in _paired(text, start, end, across=True):
        while address is not None and address[1] <= span[0]:
            address = next(addresses, None)
        is_doubtful = is_doubtful or (address is not None and address[0] < span[0])
        is_certain = not is_doubtful and span in on_one_line and "|" not in text[slice(*span)]
        yield span, CODE if is_certain else DOUBTFUL


def _paired(text: str, start: int, end: int, *, across: bool) -> Iterator[Span]:
    """Pair each run of backticks with the next one as long; `\\`` opens none."""
    runs = list(_RUN.finditer(text, start, end))
    closers = _closers(runs, across=across)
    index = 0
    while index < len(runs):
        begin, closer = runs[index].start(), closers[index]
        if closer is None or text[max(begin - 1, 0) : begin] == "\\":
            index += 1
            continue
        yield begin, runs[closer].end()
        index = closer + 1


def _closers(runs: list[re.Match[str]], *, across: bool) -> list[int | None]:
    closers: list[int | None] = [None] * len(runs)
    nearest: dict[str, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        mark = runs[index][0]
        if mark in "\r\n":
            if not across:
                nearest.clear()
        else:
            closers[index] = nearest.get(mark)
            nearest[mark] = index
    return closers
