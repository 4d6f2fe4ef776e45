"""How a message ends that is cut inside a block, and how the next one begins, so that the block goes on in it. Pure.

A fence is closed and opened again with its language, a table has its header again, a quote its `>`, an
item of a list its mark or number with a `…` for what was said of it before. What stands in a list or a
table without a beginning of its own would be read as something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.slack.block_structure import (
    FENCE,
    HEADING,
    PARAGRAPH,
    TABLE,
    Container,
    Leaf,
    Structure,
    blocks,
    number_in,
)

#: Stands for what an item held before the cut.
GOES_ON: Final = "…"
_SPACES: Final = " \t"
#: A tab goes on to the next column that these divide, and an item's text begins so far from its mark at the most.
_TAB: Final = 4
#: Characters of a line that say which block it begins.
_BEGINNING: Final = 1_000


@dataclass(frozen=True, slots=True)
class Cut:
    """A place in a text to cut it at.

    `closing` ends the message before it; the next one begins with `opening` instead of the `skip`
    characters behind the place.
    """

    at: int
    closing: str = ""
    opening: str = ""
    skip: int = 0


def between_lines(text: str, structure: Structure, line: int) -> Cut:
    """Cut before a line, which is not the first."""
    at = structure.lines[line][0]
    stack = [one for one in structure.around(line) if one.first < line]
    leaf = structure.leaves[line]
    leaf = leaf if leaf is not None and leaf.first < line else None
    written = text[slice(*structure.lines[line])]
    skip, missing = _prefix(written, stack)
    reopened, prefix = _reopened(stack, apart=leaf is None or leaf.kind != PARAGRAPH)
    opening = f"{reopened}{_leaf_opening(leaf, prefix)}{prefix}{' ' * missing}"
    if leaf is not None and leaf.kind == PARAGRAPH:
        skip += len(written[skip:]) - len(written[skip:].lstrip(_SPACES))
        escaped, more = _as_text(written[skip:], stack)
        opening, skip = opening + escaped, skip + more
    if leaf is None:
        begun, more = _numbered(written[skip:], prefix, structure, line)
        opening, skip = opening + begun, skip + more
    return Cut(at, closing(text[:at], stack, leaf), opening, skip)


def inside_line(text: str, structure: Structure, line: int, at: int) -> Cut:
    """Cut in the middle of a line."""
    start, end = structure.lines[line]
    stack, leaf = structure.around(line), structure.leaves[line]
    reopened, prefix = _reopened(stack, apart=leaf is None or leaf.kind != PARAGRAPH)
    opening = f"{reopened}{_leaf_opening(leaf, prefix)}{prefix}"
    skip = 0
    if leaf is None or leaf.kind == PARAGRAPH:
        escaped, skip = _as_text(text[at:end], stack)
        opening += escaped
    elif leaf.kind == HEADING and leaf.mark:
        opening += f"{leaf.mark} "
    elif leaf.kind == TABLE:
        skipped, _ = _prefix(text[start:at], stack)
        opening += "| " * (_cell(text[start + skipped : at]) + 1)
    elif leaf.kind == "code_block":
        opening += " " * _TAB
    return Cut(at, closing(text[:at], stack, leaf), opening, skip)


def closing(before: str, stack: Sequence[Container], leaf: Leaf | None) -> str:
    """What ends a message whose text ends inside a block."""
    if leaf is None or leaf.kind != FENCE:
        return ""
    prefix = "".join("> " if one.is_quote else " " * one.indent for one in stack)
    return f"{'' if before.endswith(chr(10)) else chr(10)}{prefix}{' ' * leaf.indent}{leaf.mark}"


def _leaf_opening(leaf: Leaf | None, prefix: str) -> str:
    if leaf is None:
        return ""
    if leaf.kind == FENCE:
        return f"{prefix}{' ' * leaf.indent}{leaf.mark}{leaf.info}\n"
    if leaf.kind == TABLE:
        return "".join(f"{prefix}{line}\n" for line in leaf.header)
    return ""


def _reopened(stack: Sequence[Container], *, apart: bool) -> tuple[str, str]:
    """The lines that open containers again, and what stands before each line in them.

    `apart`: what follows in the innermost is no part of the paragraph that stands for what was before.
    """
    lines: list[str] = []
    prefix = ""
    for one in stack:
        if one.is_quote:
            prefix += "> "
        else:
            # A list that does not begin with 1 would be read as words of the paragraph above.
            lines += [f"{prefix.rstrip()}\n"] if lines and one.number is not None else []
            if _counted(one) is None:
                lines.append(_before(one, prefix))
            lines.append(f"{prefix}{_mark(one)}{GOES_ON}\n")
            prefix += " " * one.indent
    if lines and apart:
        lines.append(f"{prefix.rstrip()}\n")
    return "".join(lines), prefix


def _mark(item: Container) -> str:
    """An item's mark, so that its text begins in the same column as before."""
    mark = _counted(item) or item.marker
    room = item.indent - len(mark)
    lead = max(room - _TAB, 0)
    return f"{' ' * lead}{mark}{' ' * (room - lead)}"


def _counted(item: Container) -> str | None:
    """An item's mark with the number it is shown with; None where that is too wide for what stands below it."""
    counted = item.marker if item.number is None else f"{item.number}{item.marker[-1]}"
    return counted if len(counted) < item.indent else None


def _before(item: Container, lead: str) -> str:
    """A line for the item before one that has no room for its own number, which then follows from it."""
    return f"{lead}{(item.number or 1) - 1}{item.marker[-1]} {GOES_ON}\n"


def _prefix(line: str, stack: Sequence[Container]) -> tuple[int, int]:
    """How many characters of a line belong to its containers, and how many columns a tab in them goes too far."""
    at = column = 0
    begin = 0
    for one in stack:
        wanted = begin + (one.indent if not one.is_quote else _TAB - 1)
        before = at
        while at < len(line) and line[at] in _SPACES and column < wanted:
            column += _TAB - column % _TAB if line[at] == "\t" else 1
            at += 1
        if one.is_quote:
            if line[at : at + 1] != ">":  # a line of a paragraph may leave it out
                return before, 0
            at, column = at + 1, column + 1
            begin = column + 1
            if line[at : at + 1] == " ":
                at, column = at + 1, column + 1
            elif line[at : at + 1] == "\t":
                at, column = at + 1, column + _TAB - column % _TAB
        elif column < wanted:
            return (before, 0) if line[at:].strip() else (at, 0)
        else:
            begin += one.indent
    return at, max(column - begin, 0)


def _as_text(line: str, stack: Sequence[Container]) -> tuple[str, int]:
    """What has to stand for the beginning of a line that goes on with a paragraph and looks like another block."""
    line = line[:_BEGINNING]
    words = f"{GOES_ON}\n" if stack and not stack[-1].is_quote else ""
    if [one.type for one in blocks(words + line) if one.level == 0 and one.nesting >= 0] == [PARAGRAPH]:
        return "", 0
    number = number_in(line)
    return f"{number}\\", len(number)


def _numbered(rest: str, prefix: str, structure: Structure, line: int) -> tuple[str, int]:
    """How an item begins that is not the first of its list and does not have the number it is shown with."""
    items = [one for one in structure.around(line) if one.first == line and not one.is_quote]
    item = items[0] if items else None
    if item is None or item.number is None or int(item.marker[:-1]) == item.number:
        return "", 0
    lead = len(rest) - len(rest.lstrip(_SPACES))
    if len(str(item.number)) == len(item.marker) - 1:
        return f"{rest[:lead]}{item.number}", lead + len(item.marker) - 1
    # One of another width would change what belongs to it: the item before says the number.
    return f"{_before(item, rest[:lead])}{prefix}", 0


def _cell(before: str) -> int:
    """In which cell of its row a text ends, of which nothing but the row's beginning stands before it."""
    escaped = False
    found = 0
    for char in before.lstrip(_SPACES).removeprefix("|"):
        found += char == "|" and not escaped
        escaped = char == "\\"
    return found
