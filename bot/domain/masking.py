"""Secrets, and what else is not to be shown, masked in what a model writes: whole, or while it streams. Pure.

What is shown while it streams is the beginning of what is shown in the end: nothing is shown before it is known whether it
is to be masked, so no edit holds a secret, nor half of one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import thread_time
from typing import Final

import regex

from bot.domain.mask_patterns import BUILT_IN, DOTS, PERSONAL, Found, Masked, MaskPattern

#: Seconds of work that the patterns of settings may take of one look at a text, all together: it is taken on the event loop.
PATIENCE: Final = 0.02
#: The same for a whole text, beside the event loop. What cannot be told by then is not shown.
PATIENCE_AT_END: Final = 2.0
#: Characters before a place that a pattern may look at.
BEHIND: Final = 64
#: A held text longer than this is looked at again only once it has grown by a part of itself.
HELD: Final = 256
_PART: Final = 8
#: What a pattern does not see: what escapes a sign in Markdown, and signs that nobody sees.
_UNSEEN: Final = regex.compile(
    r"\\(?=[!-/:-@\[-`{-~])(.)|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
#: Stands for a text of which it could not be told in time.
NOT_TOLD: Final = "I could not check this answer for secrets in time, so it is not shown."


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as people may see it, and what is hidden in it, by name."""

    text: str
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A match of a pattern that begins at `start`, and what of it is masked."""

    start: int
    found: Found
    name: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds of this thread's work, for all that patterns of settings look for in one look at a text."""

    seconds: float
    begun: float = field(default_factory=thread_time)

    def of(self, pattern: MaskPattern) -> float | None:
        """What is left for a pattern; None for one that is built in: it takes time in proportion to the text.

        Raises `TimeoutError` where nothing is left.
        """
        if pattern.kind is not Masked.MORE:
            return None
        if (left := self.begun + self.seconds - thread_time()) <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Masks:
    """What is masked. `own` are addresses and numbers, and `domains` ends of addresses, that are not."""

    patterns: tuple[MaskPattern, ...]
    own: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()

    def beside(self, words: str) -> Masks:
        """The same, but for the addresses and numbers in the words of the person who is answered."""
        said = (
            match.group()
            for one in self.patterns
            if one.kind in PERSONAL
            for match in one.matches.finditer(words)
        )
        return replace(self, own=self.own.union(map(_plainly, said)))

    def whole(self, text: str, *, cut: bool = False, patience: float = PATIENCE_AT_END) -> Shown:
        """Mask a text that is at its end. Where it was `cut` there, the beginning of a secret is masked as well.

        It may take some time: it is for a thread of its own unless the text is short, and so is the `patience`.
        """
        stream = MaskedStream(self, patience)
        shown = stream.add(text) + stream.rest(cut=cut)
        return Shown(NOT_TOLD) if stream.is_slow else Shown(shown, tuple(dict.fromkeys(stream.hidden)))

    def spans(self, text: str, start: int, budget: Budget) -> Iterator[Span]:
        """All matches from a place on. Raises `TimeoutError`."""
        for pattern in self.patterns:
            at = start
            while match := pattern.matches.search(text, at, timeout=budget.of(pattern), concurrent=True):
                found = pattern.check(match)
                if found is None or self._is_own(pattern, match.group()):
                    at = match.start() + 1
                else:
                    yield Span(match.start(), found, pattern.name)
                    at = max(found.end, match.start() + 1)

    def opens(self, text: str, start: int, budget: Budget) -> Iterator[tuple[MaskPattern, int]]:
        """Where, from a place on, each pattern may have a match that goes on behind the text. Raises `TimeoutError`."""
        for pattern in self.patterns:
            most = budget.of(pattern)
            match = pattern.opens.search(text, start, partial=True, timeout=most, concurrent=True)
            if match is not None and match.start() < len(text):
                yield pattern, match.start()

    def _is_own(self, pattern: MaskPattern, text: str) -> bool:
        if pattern.kind not in PERSONAL:
            return False
        plain = _plainly(text)
        return plain in self.own or (pattern.kind is Masked.EMAILS and plain.endswith(self.domains))


#: What is masked where nothing else is said.
USUAL: Final = Masks(tuple(one for one in BUILT_IN if one.kind not in PERSONAL))


class MaskedStream:
    """A text that grows: `add` gives what can be shown of it by now, behind what was given before."""

    def __init__(self, masks: Masks, patience: float = PATIENCE) -> None:
        self.hidden: list[str] = []
        #: Whether patterns took too long: then nothing more of it is shown.
        self.is_slow = False
        self._masks = masks
        self._patience = patience
        self._text = ""
        self._settled = self._next = 0

    @property
    def held(self) -> int:
        """Characters that it was not told of yet."""
        return len(self._text) - self._settled

    def add(self, more: str) -> str:
        """What can be shown more, now that the text goes on with this."""
        self._text += more
        if self.is_slow or len(self._text) < self._next:
            return ""
        shown = self._shown(is_end=False)
        self._next = len(self._text) + (self.held // _PART if self.held > HELD else 0)
        return shown

    def rest(self, *, cut: bool = False) -> str:
        """The rest, now that nothing follows. Where it was `cut`, what may be half a secret is masked."""
        return "" if self.is_slow else self._shown(is_end=True, cut=cut)

    def _shown(self, *, is_end: bool, cut: bool = False) -> str:
        view = _View.of(self._text, self._settled)
        budget = Budget(self._patience)
        try:
            spans = [*self._masks.spans(view.text, view.begin, budget)]
            spans += self._halves(view, budget) if cut else ()
            hold = len(view.text) if is_end else self._hold(view, spans, budget)
        except TimeoutError:
            self.is_slow = True
            return ""
        until = len(self._text) if is_end else view.edge(hold)
        pieces: list[str] = []
        at = self._settled
        for one in _united([span for span in spans if span.start < hold]):
            pieces += (self._text[at : view.edge(one.found.start)], one.found.instead)
            at = view.edge(one.found.end)
            self.hidden.append(one.name)
        self._settled = until
        return "".join((*pieces, self._text[at:until]))

    def _hold(self, view: _View, spans: Sequence[Span], budget: Budget) -> int:
        """From where on it is not known yet what is to be masked."""
        # A backslash at the end may escape what follows: then patterns do not see it.
        ends = {len(view.text), len(view.text.removesuffix("\\"))}
        hold = min(ends)
        for end in ends:
            opens = self._masks.opens(view.text[:end], view.begin, budget)
            hold = min((hold, *(at for _, at in opens)))
        last = len(view.text.rstrip("\\\n"))  # for `$` a line break at the end is none
        hold = min((hold, *(span.start for span in spans if span.found.end >= last)))
        while across := [span.start for span in spans if span.start < hold < span.found.end]:
            hold = min(across)
        return hold

    def _halves(self, view: _View, budget: Budget) -> Iterator[Span]:
        """What may be the beginning of a secret at the very end, with something to hide in it already."""
        seen, end = view.text.removesuffix("\\"), len(view.text)
        for pattern in self._masks.patterns:
            at = view.begin
            while (
                match := pattern.opens.search(
                    seen, at, partial=True, timeout=budget.of(pattern), concurrent=True
                )
            ) and (at := match.start()) < len(seen):
                if pattern.begun.match(seen, at):
                    yield Span(at, Found(at, end), pattern.name)
                    break
                at += 1


@dataclass(frozen=True, slots=True)
class _View:
    """The part of a text that is not settled, and a bit before it, without what nobody sees.

    `begin` is where it is not settled, `places` is where in the text each sign stands; empty for one behind the other from
    `start` on.
    """

    text: str
    begin: int
    start: int
    places: Sequence[int] = ()

    @classmethod
    def of(cls, text: str, settled: int) -> _View:
        start = max(settled - BEHIND, 0)
        while start and text[start - 1] == "\\":
            start -= 1
        seen = text[start:]
        if _UNSEEN.search(seen) is None:
            return cls(seen, settled - start, start)
        places: list[int] = []
        at = start
        for unseen in _UNSEEN.finditer(text, start):
            places += (*range(at, unseen.start()), *range(unseen.end() - len(unseen[1] or ""), unseen.end()))
            at = unseen.end()
        places += range(at, len(text))
        return cls("".join(map(text.__getitem__, places)), bisect_left(places, settled), start, places)

    def edge(self, at: int) -> int:
        """Where in the text the signs before a place end."""
        if not self.places:
            return self.start + at
        return self.places[at - 1] + 1 if at else self.start


def _united(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that overlap as one; what stands for it is of the one that holds the others."""
    united: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.found.start, -one.found.end)):
        last = united[-1] if united else None
        if last is None or span.found.start >= last.found.end:
            united.append(span)
        elif span.found.end > last.found.end:
            united[-1] = replace(last, found=Found(last.found.start, span.found.end, DOTS))
    return united


def _plainly(text: str) -> str:
    """An address or a number as it is compared: without case, blanks and punctuation of numbers."""
    folded = text.casefold()
    return folded if "@" in folded else "".join(sign for sign in folded if sign.isdigit())
