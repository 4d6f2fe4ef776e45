"""Which blocks of Markdown a text is made of, line by line, as CommonMark reads it with GitHub's tables. Pure.

The parser says which lines a block takes; how wide the beginning of a list item's lines is, it knows
only while it reads, and a rule that matches nothing notes it down then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from bot.slack.graphemes import head

FENCE: Final = "fence"
CODE: Final = "code_block"
TABLE: Final = "table_open"
PARAGRAPH: Final = "paragraph_open"
HEADING: Final = "heading_open"
_LEAVES: Final = frozenset({FENCE, CODE, TABLE, PARAGRAPH, HEADING, "hr"})
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
#: What stands before a cell's alignment in the parser's tokens.
_ALIGN: Final = "text-align:"
#: How much of a column's name is repeated where a table goes on.
_NAME: Final = 200
_RULES: Final = {"left": ":---", "right": "---:", "center": ":---:"}


@dataclass(frozen=True, slots=True)
class Container:
    """A quote, or an item of a list: what stands before each of the lines `first` to `last`."""

    parent: Container | None
    first: int
    last: int
    #: Columns that the lines of an item are indented by, more than those around it; a quote has none.
    indent: int = 0
    #: An item's mark as it was written; empty for a quote.
    marker: str = ""
    #: An ordered item's number, counted from that of the first.
    number: int | None = None
    #: Whether it is the first item of its list.
    is_first: bool = True

    @property
    def is_quote(self) -> bool:
        return not self.marker


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block without blocks in it, of the lines `first` to `last`."""

    kind: str
    first: int
    last: int
    #: What opens a fence or a heading.
    mark: str = ""
    info: str = ""
    #: Columns before a fence's mark.
    indent: int = 0
    #: Whether a fence has its end.
    is_closed: bool = False
    #: A table's header and the line of dashes below it, as they could be written anew.
    header: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Structure:
    """Where the lines of a text are, and for each the innermost container and the leaf it belongs to."""

    tokens: Sequence[Token]
    lines: Sequence[tuple[int, int]]
    containers: Sequence[Container | None]
    leaves: Sequence[Leaf | None]

    def around(self, line: int) -> list[Container]:
        """The containers of a line, outermost first."""
        found: list[Container] = []
        one = self.containers[line]
        while one is not None:
            found.append(one)
            one = one.parent
        return found[::-1]


_PLACES: Final = "places"


def _note_place(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Note how far a block is indented, and how far those in its container have to be; match nothing."""
    if not silent:
        state.env.setdefault(_PLACES, {})[start, state.level] = (state.blkIndent, state.sCount[start])
    return False


def _parser() -> MarkdownIt:
    found = MarkdownIt("commonmark").enable("table")
    # HTML and reference definitions are text: `markdown.safe` lets neither through.
    found.disable(["inline", "text_join", "html_block", "reference"])
    found.block.ruler.before("table", "place", _note_place)
    return found


_BLOCKS: Final = _parser()


def blocks(text: str) -> list[Token]:
    """The blocks of a text, without what is in their lines."""
    return _BLOCKS.parse(text)


def number_in(text: str) -> str:
    """The number with which a text begins an ordered list, as it is written; empty if it begins none."""
    tokens = _BLOCKS.parse(text)[:2]
    return tokens[1].info if len(tokens) > 1 and tokens[0].type == "ordered_list_open" else ""


def read(text: str) -> Structure:
    """Read a text's blocks."""
    lines = [found.span() for found in _LINE.finditer(text)]
    env: dict[str, Any] = {}
    reader = _Reader(len(lines), env)
    tokens = _BLOCKS.parse(text, env)
    for index, token in enumerate(tokens):
        reader.take(token, tokens, index)
    return Structure(tokens, lines, reader.containers, reader.leaves)


@dataclass(slots=True)
class _Reader:
    """Goes through the parser's tokens."""

    count: int
    env: dict[str, Any]
    containers: list[Container | None] = field(default_factory=list[Container | None])
    leaves: list[Leaf | None] = field(default_factory=list[Leaf | None])
    _open: list[tuple[Container, int]] = field(default_factory=list[tuple[Container, int]])
    #: Of each open list the number of its next item, and whether that is the first.
    _numbers: list[int | None] = field(default_factory=list[int | None])
    _is_first: bool = True

    def __post_init__(self) -> None:
        self.containers = [None] * self.count
        self.leaves = [None] * self.count

    def take(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        match token.type:
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
                self._is_first = True
            case "bullet_list_open":
                self._numbers.append(None)
                self._is_first = True
            case "ordered_list_close" | "bullet_list_close":
                self._numbers.pop()
            case "blockquote_open":
                self._push(*self._span(token), own=0)
            case "list_item_open":
                self._item(token, tokens[index + 1])
            case "blockquote_close" | "list_item_close":
                self._open.pop()
                self._is_first = False
            case kind if kind in _LEAVES:
                leaf = self._leaf(token, tokens, index)
                self.leaves[leaf.first : leaf.last] = [leaf] * (leaf.last - leaf.first)
            case _:
                pass

    def _span(self, token: Token) -> tuple[int, int]:
        first, last = token.map or (0, 0)
        return min(first, self.count), min(last, self.count)

    def _push(self, first: int, last: int, *, own: int, **more: Any) -> None:
        parent = self._open[-1][0] if self._open else None
        found = Container(parent, first, last, **more)
        self._open.append((found, own))
        self.containers[first:last] = [found] * (last - first)

    def _item(self, token: Token, content: Token) -> None:
        number = self._numbers[-1]
        if number is not None:
            self._numbers[-1] = number + 1
        marker = token.info + token.markup
        outer = self._open[-1][1] if self._open else 0
        line = content.map[0] if content.map else -1
        own, _ = self.env[_PLACES].get((line, content.level), (outer + len(marker) + 1, 0))
        first, last = self._span(token)
        self._push(
            first,
            last,
            own=own,
            indent=own - outer,
            marker=marker,
            number=number,
            is_first=self._is_first,
        )
        self._is_first = False

    def _leaf(self, token: Token, tokens: Sequence[Token], index: int) -> Leaf:
        first, last = self._span(token)
        if token.type == TABLE:
            return Leaf(TABLE, first, last, header=_header(tokens, index))
        if token.type != FENCE:
            mark = token.markup if token.type == HEADING and token.markup.startswith("#") else ""
            return Leaf(token.type, first, last, mark)
        least, at = self.env[_PLACES].get((first, token.level), (0, 0))
        written = len(token.content.splitlines())
        closed = last - first - 1 > written
        return Leaf(FENCE, first, last, token.markup, token.info.strip(), max(at - least, 0), closed)


def _header(tokens: Sequence[Token], index: int) -> tuple[str, str]:
    """A table's header, and the line of dashes."""
    cells = list(_cells(tokens, index))
    names = "".join(f" {name} |" for name, _ in cells)
    rules = "".join(f" {rule} |" for _, rule in cells)
    return f"|{names}", f"|{rules}"


def _cells(tokens: Sequence[Token], index: int) -> Iterator[tuple[str, str]]:
    for at in range(index, len(tokens)):
        token = tokens[at]
        if token.type == "thead_close":
            return
        if token.type == "th_open":
            align = str(token.attrGet("style") or "").removeprefix(_ALIGN)
            name = tokens[at + 1].content
            name = name if len(name) <= _NAME else f"{head(name, _NAME)}…"
            yield name.replace("|", "\\|"), _RULES.get(align, "---")
