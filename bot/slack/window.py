"""The part of an answer in which the next cut is looked for. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

from bot.slack import limits, links
from bot.slack.block_structure import CODE, FENCE, HEADING, PARAGRAPH, TABLE, Leaf, Structure, read
from bot.slack.code_regions import regions
from bot.slack.continuation import Cut, between_lines, closing, inside_line
from bot.slack.graphemes import border
from bot.slack.markdown import changes

#: From how much of the room on a text is cut before a line, by the line's rank: between two blocks of the
#: text, between two lines or items or rows, anywhere else.
_FROM: Final = {3: 12 / 16, 2: 13 / 16, 1: 14 / 16}
#: From how much of it on inside a line, where there was no such line; what is not cut is shown up to there.
_INSIDE: Final = 15 / 16
#: How much of a line has to be there before it is known what it is: a part of the limit, and characters.
_LOOK: Final = 8
_LOOK_MOST: Final = 200
#: What stands before the text of a line in a list or a quote.
_BEFORE_TEXT: Final = " \t>"
_ENTITY: Final = re.compile(r"&[#\w]{1,31};")
_ESCAPES: Final = re.compile(r"\\+\Z")
_TICKS: Final = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Found:
    """Where to cut; without a place, what there is can be shown up to `held`, and was decided up to `looked`."""

    cut: Cut | None
    held: int
    looked: int


@dataclass(frozen=True)
class Window:
    """So much of a text as can be in the next message, and a bit more, with what opens it before."""

    text: str
    #: How much of it is the opening.
    own: int
    #: Whether the answer ends with it, for good, or so far.
    is_end: bool
    whole: bool
    look: int
    #: What follows, as far as a span of code that begins in it could go on.
    beyond: str

    @classmethod
    def on(cls, opening: str, text: str, begun: int, limit: int, *, whole: bool) -> Self:
        """Look at a text from where it is not cut yet."""
        look = min(limit // _LOOK, _LOOK_MOST)
        seen = text[begun : begun + limit + look]
        is_end = begun + len(seen) == len(text)
        beyond = text[begun + len(seen) : begun + len(seen) + limit]
        return cls(opening + seen, len(opening), is_end, whole, look, beyond)

    def has_text(self, end: int) -> bool:
        """Tell whether there is more than blanks before a place."""
        return bool(self.text[self.own : end].strip())

    def shown(self, cut: Cut) -> str:
        """What the message shows that ends with a cut."""
        return self.text[: cut.at] + cut.closing

    def held(self, end: int) -> str:
        """What the message shows whose text goes on behind a place, or ends there."""
        return self.text[:end] + self._closing_at(end)

    def find(self, room: int, looked: int) -> Found:
        """Find where to cut so that what stands before it takes at most `room` characters, once it is safe."""
        fits = self.is_end and self._size(len(self.text)) + len(self._closing_at(len(self.text))) <= room
        for line, (at, _) in enumerate(self._structure.lines):
            if at <= self.own or at < looked or not self._is_near(line, room):
                continue
            if self._size(at) + len(self._closing_before(line)) > room:
                break
            if not self._is_known(line):
                return Found(None, at, looked)
            if self._is_border(line, room, fits=fits):
                return Found(between_lines(self.text, self._structure, line), at, at)
            looked = at + 1
        if not fits and (self.whole or not self.is_end):
            return Found(self._inside(room), 0, looked)
        end = len(self.text)
        return Found(None, end if self.whole else min(end, self._place(room * _INSIDE)), looked)

    @cached_property
    def _structure(self) -> Structure:
        return read(self.text)

    @cached_property
    def _kinds(self) -> bytearray:
        return regions(self.text, self._structure.tokens)

    @cached_property
    def _growth(self) -> tuple[list[int], list[int]]:
        """From which places on the safe text is longer, and by how much."""
        places: list[int] = []
        growth: list[int] = []
        total = 0
        for start, end, instead in changes(self.text, self._kinds):
            total += len(instead) - (end - start)
            places.append(end)
            growth.append(total)
        return places, growth

    def _size(self, at: int) -> int:
        places, growth = self._growth
        index = bisect_right(places, at)
        return at + (growth[index - 1] if index else 0)

    def _place(self, size: float) -> int:
        """The last place before which the safe text is not longer."""
        low, high = self.own + 1, len(self.text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._size(middle) <= size else (low, middle - 1)
        return border(self.text, low) if border(self.text, low) > self.own else low

    def _is_near(self, line: int, room: int) -> bool:
        return self._size(self._structure.lines[line][0]) >= room * _FROM[3] or self._is_full_table(line)

    def _is_known(self, line: int) -> bool:
        start, end = self._structure.lines[line]
        ended = self.text[end - 1 : end] in "\r\n"
        return self.whole or not self.is_end or ended or end - start >= self.look

    def _is_border(self, line: int, room: int, *, fits: bool) -> bool:
        if self._is_full_table(line):
            return True
        rank = self._rank(line)
        whole = fits and self.whole
        return rank > 0 and not whole and self._size(self._structure.lines[line][0]) >= room * _FROM[rank]

    def _is_full_table(self, line: int) -> bool:
        """Tell whether a table has as many rows before a line as one may have."""
        leaf = self._leaf_across(line)
        return leaf is not None and leaf.kind == TABLE and line - leaf.first - 1 >= limits.TABLE_ROWS

    def _leaf_across(self, line: int) -> Leaf | None:
        leaf = self._structure.leaves[line]
        return leaf if leaf is not None and leaf.first < line else None

    def _rank(self, line: int) -> int:
        """Rate the border before a line; 0 where none may be."""
        stack = [one for one in self._structure.around(line) if one.first < line]
        leaf = self._leaf_across(line)
        if leaf is None:
            return self._rank_of_beginning(line, depth=len(stack))
        lines = line - leaf.first, leaf.last - line
        if leaf.kind == HEADING or (leaf.kind == TABLE and lines[0] <= 2):
            return 0
        if leaf.kind == FENCE:
            return 0 if lines[0] == 1 or (leaf.is_closed and lines[1] == 1) else 1
        if leaf.kind == PARAGRAPH and self._joined[self._structure.lines[line][0]]:
            return 0
        return 2 if leaf.kind in {TABLE, PARAGRAPH} and not stack else 1

    def _rank_of_beginning(self, line: int, *, depth: int) -> int:
        """Rate the border before a line with which a block begins."""
        start, end = self._structure.lines[line]
        if not self.text[start:end].strip():
            return 0
        above = next((one for one in self._structure.leaves[line - 1 :: -1] if one is not None), None)
        if above is not None and above.kind == HEADING:
            return 1
        begins_item = any(one.first == line and not one.is_first for one in self._structure.around(line))
        return 1 if depth > 1 else 2 if depth or begins_item else 3

    def _closing_before(self, line: int) -> str:
        leaf = self._leaf_across(line)
        if leaf is None or leaf.kind != FENCE:
            return ""
        stack = [one for one in self._structure.around(line) if one.first < line]
        return closing("\n", stack, leaf)

    def _closing_at(self, end: int) -> str:
        """What ends a text that ends at a place, inside a fence."""
        line = self._line(end - 1)
        if line < 0:
            return ""
        leaf = self._structure.leaves[line]
        ended = leaf is not None and leaf.is_closed and leaf.last == line + 1
        return "" if ended else closing(self.text[:end], self._structure.around(line), leaf)

    def _line(self, at: int) -> int:
        return bisect_right([start for start, _ in self._structure.lines], at) - 1

    def _inside(self, room: int) -> Cut:
        """Cut inside a line: behind a word where that is possible, and never inside what is seen as one character."""
        last = self._place(room)
        ending = len(self._cut_at(last).closing)
        last = self._place(room - ending) if ending < room // 2 else last
        first = max(
            self._place(room * _FROM[3]), self.own + 1
        )  # so far only for what is longer than the rest
        spaces = (at for at in range(last, first, -1) if self.text[at - 1] in " \n")
        at = next((at for at in spaces if self._is_apart(at)), None)
        return self._cut_at(at if at is not None else self._anywhere(last))

    def _is_apart(self, at: int) -> bool:
        leaf = self._structure.leaves[self._line(at)]
        is_code = leaf is not None and leaf.kind in {FENCE, CODE}
        # A mark of code that begins a line could open a fence.
        is_apart = not self._joined[at] and self.text[at : at + 1] not in {"`", "~"}
        return (is_code or is_apart) and border(self.text, at) == at

    def _anywhere(self, at: int) -> int:
        """A place at or before this that halves no character, not as it is written either."""
        least = self.own + 1
        for found in _ENTITY.finditer(self.text, max(at - 33, least), at + 33):
            if found.start() < at < found.end():
                at = found.start()
        escapes = _ESCAPES.search(self.text[:at][-64:])
        at -= len(escapes[0]) % 2 if escapes else 0
        return max(border(self.text, at), least) if border(self.text, at) > self.own else at

    def _cut_at(self, at: int) -> Cut:
        line = self._line(at)
        table = self._structure.leaves[line]
        if table and table.kind == TABLE and line <= table.first + 2:
            # What would be left of a table without a row is none; before it is a better place.
            line = table.first if self._structure.lines[table.first][0] > self.own else line
            at = self._structure.lines[line][0] if line == table.first else at
        start = self._structure.lines[line][0]
        if start > self.own and not self.text[start:at].strip(_BEFORE_TEXT):
            return between_lines(self.text, self._structure, line)
        found = inside_line(self.text, self._structure, line, at)
        leaf = self._structure.leaves[line]
        if leaf is None or leaf.kind not in {PARAGRAPH, HEADING, TABLE}:
            return found
        ticks = next((_TICKS.match(self.text, start) for start, end in self._spans if start < at < end), None)
        if ticks is None or ticks.end() >= at:
            return found
        return replace(found, closing=ticks[0] + found.closing, opening=found.opening + ticks[0])

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """Where code spans and blocks of code are."""
        kinds = regions(self.text + self.beyond) if self.beyond else self._kinds
        return [found.span() for found in re.finditer(rb"[^\x00]+", bytes(kinds))]

    @cached_property
    def _joined(self) -> bytearray:
        """Of each place whether it is inside code or a link."""
        joined = bytearray(len(self.text) + len(self.beyond) + 1)
        for start, end in (*self._spans, *self._links()):
            joined[start + 1 : end] = b"\x01" * max(end - start - 1, 0)
        return joined

    def _links(self) -> Iterator[tuple[int, int]]:
        for found in links.OPENING.finditer(self.text):
            start = found.start() if found[1] is not None else self.text.rfind("[", 0, found.start())
            end = self.text.find(")", found.end()) + 1
            if start >= 0 and end:
                yield start, end
