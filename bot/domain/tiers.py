"""Which tier of models a thread's agents speak with: their own, and for a while the frontier after a visible failure. Pure.

The one place where that is decided. A thread that has gone up comes back by itself: nothing prolongs it, so what it
costs is bounded, and the beginning of its requests stays the same but for one change up and one back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.approvals.approval import Ending
from bot.domain.ends import FailureKind

#: Steps in a row whose calls all failed: by then the model does the same again and again.
LOOP: Final = 3


class Tier(StrEnum):
    """Which of the operator's models a specialist speaks with: ECONOMY_MODEL or FRONTIER_MODEL."""

    ECONOMY = "economy"
    FRONTIER = "frontier"


class Sign(StrEnum):
    """What a person can see of a model that is not up to its task."""

    TOOL_ERRORS = "tool_errors"
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    GUARD_IN_DOUBT = "guard_in_doubt"
    TOLD_WRONG = "told_wrong"


#: Which failures of a run are its model's; a server that is busy or gone says nothing of it.
FAILURES: Final = {FailureKind.MODEL_GARBLED: Sign.MALFORMED, FailureKind.TOO_LONG: Sign.TOO_LONG}
FELL: Final = "That more capable model cannot be used any more, so my usual one went on."
_WHY: Final = {
    Sign.TOOL_ERRORS: "The same step failed again and again",
    Sign.MALFORMED: "What the model wrote could not be used",
    Sign.TOO_LONG: "The model did not come to an end",
    Sign.GUARD_IN_DOUBT: "The check of this message was in doubt",
    Sign.TOLD_WRONG: "You said that this was wrong",
}


@dataclass(frozen=True, slots=True)
class Escalation:
    """How a thread stands: for the next `left` answers its agents speak with the frontier tier, for the reason `why`.

    `in_vain`: steps of its run, up to the last one, whose calls all failed.
    """

    why: Sign | None = None
    left: int = 0
    in_vain: int = 0

    @property
    def is_raised(self) -> bool:
        """Whether its agents speak with the frontier tier."""
        return self.left > 0

    def seeing(self, sign: Sign | None, most: int) -> Escalation:
        """After a sign: up for `most` answers. One that is up already stays as it is, so that it ends."""
        if sign is None or self.is_raised or most <= 0:
            return self
        return Escalation(sign, most)

    def after_step(self, endings: Sequence[Ending]) -> Escalation:
        """After a step whose calls ended so; one without calls says nothing."""
        if not endings:
            return self
        failed = all(ending is Ending.FAILED for ending in endings)
        return replace(self, in_vain=self.in_vain + 1 if failed else 0)

    @property
    def loops(self) -> Sign | None:
        """The sign that its run does what fails again and again."""
        return Sign.TOOL_ERRORS if self.in_vain >= LOOP else None

    def after_answer(self) -> Escalation:
        """After an answer, or a failure in its place: one less, and back to its own tier after the last."""
        left = max(self.left - 1, 0)
        return Escalation(self.why if left else None, left)


#: How every thread begins.
AS_USUAL: Final = Escalation()


def told(now: Escalation, *, with_this: bool) -> str:
    """Say to people why and for how long another model answers; `with_this`: the present answer is the first."""
    why = _WHY[now.why] if now.why else ""
    later = now.left - 1 if with_this else now.left
    next_ones = f"the next {later} answers" if later != 1 else "the next answer"
    which = [*(["this answer"] if with_this else []), *([next_ones] if later else [])]
    verb = "are" if len(which) > 1 or later > 1 else "is"
    return f"{why}, so {' and '.join(which)} here {verb} written by a more capable model."
