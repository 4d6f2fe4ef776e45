"""What a model gets to read of a conversation: as much as fits, nothing of it half, and the same beginning each time.

A conversation grows item by item. Whenever it is above what fits, so much of its beginning goes that half is left, and
nothing more until it is full again: in between, each request begins with all of the one before, which servers keep
and charge less for. Pure, and the same for the same items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.exchanges import exchanges_of
from bot.domain.item_kinds import Item, is_of_person
from bot.domain.shortened import shortened
from bot.domain.tokens import tokens
from bot.domain.whole_items import turns_of, whole

#: The part of the room that one item gets at most.
SHARE: Final = 4
#: What a model reads behind a message of whose answer the first turns are left out.
TURNS_LEFT_OUT: Final = "[Much was done after this message; the first steps of it are not shown to you.]"
#: Tokens of that note, with what JSON puts around it.
NOTE: Final = tokens(TURNS_LEFT_OUT) + 10
#: The least tokens that an item is cut to before a whole turn goes.
LEAST: Final = 50


@dataclass(frozen=True, slots=True)
class View:
    """The items, and whether something before the first is left out."""

    items: list[Item]
    is_cut: bool


@dataclass(slots=True)
class _Exchange:
    """A message of a person, unless the conversation begins without one, and the turns behind it."""

    head: list[Item]
    turns: list[list[Item]] = field(default_factory=list[list[Item]])
    is_cut: bool = False

    @property
    def weight(self) -> int:
        return weigh([*self.head, *(item for turn in self.turns for item in turn)]) + NOTE * self.is_cut

    def items(self) -> list[Item]:
        head = [_noted(item) if self.is_cut else item for item in self.head]
        return [*head, *(item for turn in self.turns for item in turn)]


def view(items: Sequence[Item], room: int) -> View:
    """What of the items fits into so many tokens: the newest message always, and whole turns and exchanges behind it."""
    reader = _Reader(room)
    for exchange in exchanges_of(whole(items)):
        reader.begin([shortened(item, room // SHARE) for item in exchange[:1] if is_of_person(item)])
        for turn in turns_of([shortened(item, room // SHARE) for item in exchange if not is_of_person(item)]):
            reader.add(turn)
    return View([item for one in reader.kept for item in one.items()], reader.is_cut)


def weigh(items: Iterable[Item]) -> int:
    """The tokens of items."""
    return sum(map(tokens, items))


class _Reader:
    """Reads turn by turn, as the conversation came to be."""

    def __init__(self, room: int) -> None:
        self.kept: list[_Exchange] = []
        self.is_cut = False
        self._room = room
        self._weight = 0

    def begin(self, head: list[Item]) -> None:
        self.kept.append(_Exchange(head))
        self._weight += self.kept[-1].weight
        self._fit()

    def add(self, turn: list[Item]) -> None:
        self.kept[-1].turns.append(turn)
        self._weight += weigh(turn)
        self._fit()

    def _fit(self) -> None:
        if self._weight <= self._room:
            return
        while len(self.kept) > 1 and self._weight > self._room // 2:
            self._weight -= self.kept.pop(0).weight
            self.is_cut = True
        newest = self.kept[-1]
        if self._weight > self._room:
            self._drop_turns(newest)
        if self._weight > self._room:
            self._squeeze(newest)

    def _drop_turns(self, newest: _Exchange) -> None:
        while len(newest.turns) > 1 and self._weight > self._room // 2:
            self._weight += NOTE * (not newest.is_cut) - weigh(newest.turns.pop(0))
            newest.is_cut = True

    def _squeeze(self, newest: _Exchange) -> None:
        """One turn is too much: its items are cut ever shorter, and if that is not enough, it goes."""
        most = self._room // (2 * SHARE)
        while most >= LEAST and self._weight > self._room:
            newest.head = [shortened(item, most) for item in newest.head]
            newest.turns = [[shortened(item, most) for item in turn] for turn in newest.turns]
            self._weight, most = newest.weight, most // 2
        if self._weight > self._room:
            newest.turns, newest.is_cut = [], True
            self._weight = newest.weight


def _noted(item: Item) -> Item:
    """A message with a word behind it that turns are left out."""
    content = item["content"]
    if isinstance(content, str):
        return {**item, "content": f"{content}\n{TURNS_LEFT_OUT}"}
    return {**item, "content": [*content, {"type": "input_text", "text": TURNS_LEFT_OUT}]}
