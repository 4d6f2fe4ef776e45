"""Notes what people see go wrong in a thread, and which tier of models it speaks with from then on (`bot/domain/tiers.py`)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.agents.course import Course
from bot.conversation.handling import Handling
from bot.domain import tiers
from bot.domain.events import MessageReceived
from bot.domain.run import Completed, Failed, Outcome, Stopped
from bot.domain.tiers import AS_USUAL, Escalation, Sign
from bot.domain.told_wrong import says_wrong

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Escalations:
    """Moves a thread up, for `most` answers, where the agent that fails `rises` to another model.

    What it changes of the thread's row is written by the next save of the handling.
    """

    rises: Callable[[str | None], bool]
    most: int

    def read(self, h: Handling, message: MessageReceived, *, begins: bool = False) -> None:
        """Look at a message that is about to be read; with `begins` a run begins with it."""
        if begins:
            self._note(h, replace(h.state.escalation, in_vain=0))
        if h.state.answered and says_wrong(message.text):
            self._see(h, Sign.TOLD_WRONG, h.state.agent, with_this=True)

    def stepped(self, h: Handling, course: Course) -> bool:
        """Look at a step of a run; whether the run is to go on with another model than it has."""
        was_raised = h.state.escalation.is_raised
        self._note(h, h.state.escalation.after_step(course.ended))
        course.ended.clear()
        is_heard = self.heard(h, course)
        self._see(h, h.state.escalation.loops, course.agent, with_this=True)
        self._fell(h, course)
        return not was_raised and h.state.escalation.is_raised and not is_heard

    def in_doubt(self, h: Handling) -> None:
        """Hear that the check of a message that a run takes in was in doubt."""
        self._see(h, Sign.GUARD_IN_DOUBT, h.state.agent, with_this=True)

    def heard(self, h: Handling, course: Course) -> bool:
        """Take over the signs that a run showed; whether its models have been changed because of one already."""
        signs = [*course.signs]
        course.signs.clear()
        for sign in signs:
            self._see(h, sign, course.agent or h.state.agent, with_this=True)
        return Sign.GUARD_IN_DOUBT in signs

    def ended(self, h: Handling, course: Course, outcome: Outcome) -> None:
        """Look at how a run ended: an answer is counted, a failure of the model's is a sign."""
        self.heard(h, course)
        if self._fell(h, course):
            return
        match outcome:
            case Failed() if not h.state.escalation.is_raised:
                self._see(h, tiers.FAILURES.get(outcome.failure), course.agent, with_this=False)
            case Completed() | Stopped() | Failed():
                self._note(h, h.state.escalation.after_answer())
            case _:
                pass

    def told_down(self, h: Handling, agent: str) -> str:
        """Take a thumb down below an answer for a word that it was wrong; what to say of that, if anything."""
        is_new = self._see(h, Sign.TOLD_WRONG, agent)
        return tiers.told(h.state.escalation, with_this=False) if is_new else ""

    def _see(
        self, h: Handling, sign: Sign | None, agent: str | None, *, with_this: bool | None = None
    ) -> bool:
        before = h.state.escalation
        now = before.seeing(sign, self.most if self.rises(agent) else 0)
        if now == before:
            return False
        self._note(h, now)
        log.info("thread raised to the frontier tier", extra={"why": str(now.why), "answers": now.left})
        if with_this is not None:
            h.remarks.append(tiers.told(now, with_this=with_this))
        return True

    def _fell(self, h: Handling, course: Course) -> bool:
        """Bring a thread down whose run found the frontier's model closed, and say so: asked again it would be no other."""
        if course.fallen and h.state.escalation.is_raised:
            self._note(h, AS_USUAL)
            h.remarks.append(tiers.FELL)
        return bool(course.fallen)

    def _note(self, h: Handling, now: Escalation) -> None:
        h.state = replace(h.state, escalation=now)
