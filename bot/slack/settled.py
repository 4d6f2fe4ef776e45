"""How much of a text that grows is settled: what follows changes nothing of it any more. Pure.

What was appended to a stream cannot be taken back, so an open construct is held until it is closed: a span of
code, a link, a word, a line of code or of a table. It is an estimate: who appends compares it with every later
text, and where it was wrong the message is edited instead.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import Final

from bot.slack.block_structure import FENCE, HEADING, PARAGRAPH, TABLE, read
from bot.slack.cutting import Answer
from bot.slack.markdown import safe

_TICKS: Final = re.compile("`+")
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)
#: A link or an image that is whole, or brackets that are none: what follows them is known.
_BRACKETS: Final = re.compile(r"\[[^\[\]]*\](?:\([^()\s]*\)(?=.)|(?=[^(:\[]))", re.DOTALL)
#: A table is one from its third line on.
_TABLE_LINES: Final = 3


def settled(answer: Answer) -> str:
    """The text of the message that grows, as it is shown, as far as it is settled."""
    if len(answer.parts) == len(answer.sealed):
        return ""
    grown = answer.opening + answer.text[answer.begun :]
    end = _end(grown)
    if end <= len(answer.opening):
        return ""
    return os.path.commonprefix([safe(grown[:end]), answer.parts[-1]])


def _end(text: str) -> int:
    """The place up to which a text is settled."""
    structure = read(text)
    if not structure.lines:
        return 0
    last = len(structure.lines) - 1
    start, end = structure.lines[last]
    leaf = structure.leaves[last]
    if leaf is None:
        return end if text[end - 1] in "\r\n" else start
    first = structure.lines[leaf.first][0]
    match leaf.kind:
        case kind if kind in {PARAGRAPH, HEADING}:
            return first + _inline(text[first:])
        case kind if kind == FENCE:
            return first if leaf.first == last else start
        case kind if kind == TABLE:
            return start if last - leaf.first >= _TABLE_LINES else first
        case _:
            return start


def _inline(text: str) -> int:
    """The same, of what is in the lines of one paragraph."""
    plain = _ESCAPED.sub("  ", text)
    open_at = min(_open_code(plain), _open_bracket(plain), len(plain))
    before = text[:open_at]
    return max(before.rfind(" "), before.rfind("\n")) + 1


def _open_code(text: str) -> int:
    """Where a span of code begins that has no end yet; behind the text where none does."""
    runs = [(found.start(), len(found[0])) for found in _TICKS.finditer(text)]
    while runs:
        (start, length), runs = runs[0], runs[1:]
        closing = next((n for n, run in enumerate(runs) if run[1] == length), None)
        if closing is None or runs[closing][0] + length == len(text):
            return start
        runs = runs[closing + 1 :]
    return len(text)


def _open_bracket(text: str) -> int:
    """Where a bracket opens of which it is not known what it is."""
    spans = [(0, 0), *(found.span() for found in _BRACKETS.finditer(text)), (len(text), len(text))]
    for (_, end), (start, _) in pairwise(spans):
        if (at := text.find("[", end, start)) >= 0:
            return at - 1 if text[at - 1 : at] == "!" else at
    return len(text) - 1 if text.endswith("!") else len(text)
