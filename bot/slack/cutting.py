"""A model's answer, cut into the messages of a reply. Pure.

What is posted, one message after the other, is what the model wrote, but for what `markdown.safe`
changes (`<` in prose as `&lt;`, where a link goes, images as links, no definitions of links), and for what
keeps a block whole that is cut (see `continuation`): a fence closed and opened again, a table's header again,
`>` and `…` for a quote and an item that go on, an item's number as counted, a backslash where a paragraph
would begin another block. A code span is closed and opened again; code is cut at a line, or gains a line's end.

Where a text is cut depends on what stands before, and little behind (`_LOOK`): so what a message showed
once stays in it while the answer grows. Only the text behind the last cut is read again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.slack.continuation import Cut
from bot.slack.markdown import safe
from bot.slack.window import Found, Window

#: The smallest size text can be cut to: room for what opens and ends a block, and some text.
SMALLEST_PART: Final = 256
#: What opens and closes blocks around a cut takes so much of a part at the most, or is left out.
_AROUND: Final = 2
#: A part that is too long once it is safe is cut smaller, so often.
_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """A text as far as it is cut: `parts` is what its messages show, none of them blank."""

    limit: int
    text: str = ""
    parts: tuple[str, ...] = ()
    #: What is cut off for good, and where in the text: parts of blanks alone are left out.
    sealed: tuple[str, ...] = ()
    cuts: tuple[int, ...] = ()
    #: The text from `begun` on, behind `opening`, is still to be cut.
    opening: str = ""
    begun: int = 0
    #: Before this place it was decided not to cut.
    looked: int = 0


def parts(text: str, limit: int) -> list[str]:
    """Make a model's Markdown safe, and cut it into parts of at most `limit` characters, none blank."""
    return list(cut(text, limit).parts)


def cut(text: str, limit: int, before: Answer | None = None, *, whole: bool = True) -> Answer:
    """Cut a text, going on from where it was cut `before` it grew.

    Of a text that is not `whole`, a few words may be held back, of which it is not known yet into which
    message they go. Raises `ValueError` for a limit below `SMALLEST_PART`.
    """
    if limit < SMALLEST_PART:
        raise ValueError(f"cannot cut to {limit} characters")
    answer = before if before and before.limit == limit else Answer(limit)
    if not text.startswith(answer.text[: answer.begun]):
        answer = Answer(limit)
    while (further := _seal(answer, text, whole=whole)).begun > answer.begun:
        answer = further
    return replace(further, text=text)


def _seal(answer: Answer, text: str, *, whole: bool) -> Answer:
    """Cut one part off; where nothing is to be cut off, only say what the last message shows."""
    limit = answer.limit
    own = len(answer.opening)
    window = Window.on(answer.opening, text, answer.begun, limit, whole=whole)
    looked = answer.looked - answer.begun + own
    found, place, shown = _fit(window, looked, limit)
    kept = (shown,) if window.has_text(place.at if place else found.held) else ()
    if place is None:
        looked = max(answer.looked, answer.begun + found.looked - own)
        return replace(answer, parts=answer.sealed + kept, looked=looked)
    at = answer.begun + place.at - own
    begun = at + place.skip
    sealed = answer.sealed + kept
    return Answer(limit, text, sealed, sealed, (*answer.cuts, at), place.opening, begun, begun)


def _fit(window: Window, looked: int, limit: int) -> tuple[Found, Cut | None, str]:
    """Find where to cut, and what is shown then, as safe text, which is longer than what it was made of."""
    room = limit
    rounds = 0
    while True:
        found = window.find(room, looked)
        place = _bounded(found.cut, limit) if found.cut else None
        shown = safe(window.shown(place) if place else window.held(found.held))
        rounds += 1
        if len(shown) <= limit or rounds == _ROUNDS:
            return found, place, shown
        room = room * limit // len(shown) - 1


def _bounded(place: Cut, limit: int) -> Cut:
    """A cut with nothing around it that would fill a part."""
    around = len(place.opening) + len(place.closing)
    if around > limit // _AROUND // 2:
        around = len(safe(place.opening)) + len(place.closing)
    return place if around <= limit // _AROUND else Cut(place.at)
