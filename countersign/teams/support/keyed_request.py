"""What the answers to a request under an idempotency key settle, and what is to be done next. Pure.

          ┌─ again, while it is busy or silent ─┐
send ─────┴─ done ──▶ made                      │
  └─ refused, or no more tries ──▶ look up ─────┴─ found ──▶ made
                                     ├─ the service never saw the key ──▶ not made
                                     └─ anything else ──▶ not made, if nothing went unanswered; else unknown

Once a request under a key went unanswered, it may have been carried out. A refusal of its
repetition (409, 401, …) is then about the repetition: only what the service says of the key
itself settles what became of the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

#: Requests of a kind that may go unanswered, one after the other, before that is given up.
TRIES: Final = 3
#: How often the service may say that it still works on a key, before people are asked.
LOOKS: Final = 5
#: Seconds before the second request; doubled for each one after it.
PAUSE: Final = 0.2
#: Seconds that one try may wait in all. Services ask for seconds, rate limits by the minute for up to
#: sixty; a person watches the thread meanwhile, and other messages of it wait.
PATIENCE: Final = 60.0

SILENT: Final = "Not made: the billing service did not answer, and says that it never saw it. Try later."


class Heard(StrEnum):
    """What one answer says of a request under a key.

    `OTHER`: something else than was asked for was done under the key. `NEVER_SEEN`: the answer to a
    look-up, no request under it has come in. `NOT_NOW`: not carried out, and may be sent again.
    """

    MADE = "made"
    OTHER = "other"
    NEVER_SEEN = "never_seen"
    IN_WORK = "in_work"
    REFUSED = "refused"
    NOT_NOW = "not_now"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: `why` in words for people, `wait` in seconds where the service says how long.

    With `knows_key` it shows that the service has seen the key before.
    """

    heard: Heard
    why: str = ""
    wait: float | None = None
    knows_key: bool = False


class Next(StrEnum):
    """What is to be done: send or look up, or tell what became of it."""

    SEND = "send"
    LOOK_UP = "look_up"
    MADE = "made"
    NOT_MADE = "not_made"
    UNKNOWN = "unknown"


#: What ends a try.
ENDS: Final = frozenset({Next.MADE, Next.NOT_MADE, Next.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known so far.

    `may_be_done`: a request under the key went unanswered, in this try or an earlier one. `why` is why it was
    not made, if it was not. `asked` counts the requests of the present kind, `unguided` those
    of them that named no time to wait; `waited` is in seconds, over all kinds.
    """

    may_be_done: bool
    why: str = ""
    asked: int = 0
    unguided: int = 0
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to do, after a pause in seconds."""

    next: Next
    known: Known
    pause: float = 0.0


def begin(*, sent_before: bool) -> Step:
    """Begin a try; `sent_before` if an earlier one had begun."""
    return Step(Next.SEND, Known(may_be_done=sent_before))


def after(step: Step, answer: Answer) -> Step:
    """Say what follows from the answer to a step's request."""
    if answer.heard is Heard.MADE:
        return Step(Next.MADE, step.known)
    if answer.heard is Heard.OTHER:
        return Step(Next.UNKNOWN, step.known)
    return _sent(step.known, answer) if step.next is Next.SEND else _looked(step.known, answer)


def called_off(step: Step) -> Step:
    """Come to an end instead of pausing: look once more, and send nothing any more."""
    return Step(Next.LOOK_UP, replace(step.known, waited=PATIENCE))


def _sent(known: Known, answer: Answer) -> Step:
    match answer.heard:
        case Heard.REFUSED:
            doubt = known.may_be_done or answer.knows_key
            return _look_up(replace(known, may_be_done=doubt, why=answer.why))
        case Heard.NOT_NOW:
            known = replace(known, why=answer.why)
        case _:
            known = replace(known, may_be_done=True, why=SILENT)
    return _again(Next.SEND, known, answer.wait, TRIES) or _look_up(known)


def _looked(known: Known, answer: Answer) -> Step:
    if answer.heard is Heard.NEVER_SEEN:
        return Step(Next.NOT_MADE, known)
    if answer.heard is Heard.IN_WORK:
        known = replace(known, may_be_done=True)
    if not known.may_be_done:
        return Step(Next.NOT_MADE, known)
    if answer.heard is Heard.REFUSED:
        return Step(Next.UNKNOWN, known)
    most = LOOKS if answer.heard is Heard.IN_WORK else TRIES
    return _again(Next.LOOK_UP, known, answer.wait, most) or Step(Next.UNKNOWN, known)


def _look_up(known: Known) -> Step:
    return Step(Next.LOOK_UP, replace(known, asked=0, unguided=0))


def _again(what: Next, known: Known, wait: float | None, most: int) -> Step | None:
    """Ask once more, as told or a little later each time; None where that is enough of it."""
    pause = max(wait or 0.0, PAUSE * 2**known.asked)
    unguided = known.unguided + (wait is None)
    if unguided >= most or known.waited + pause > PATIENCE:
        return None
    so_far = replace(known, asked=known.asked + 1, unguided=unguided, waited=known.waited + pause)
    return Step(what, so_far, pause)
