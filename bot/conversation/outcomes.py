"""The one fenced write at the end of a run: what it leaves behind for the next event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from bot.conversation.closing import Closing
from bot.conversation.handling import Handling
from bot.conversation.requests import Requests
from bot.domain import model_ends, sentences
from bot.domain.approvals.approval import Approval
from bot.domain.ends import CutAnswer, ModelEnd
from bot.domain.events import MessageReceived
from bot.domain.run import (
    Blocked,
    BrokenCall,
    Completed,
    Failed,
    FailureKind,
    Interrupted,
    Notice,
    Outcome,
    PendingCall,
    Stopped,
    Unanswered,
    Unsure,
)
from bot.domain.spoken_to import ends_in_question
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Outcomes:
    """Writes down how a run ended: session, approvals, timers and the thread's row together."""

    def __init__(self, requests: Requests, closing: Closing, token: Callable[[], str]) -> None:
        self._requests = requests
        self._closing = closing
        self._token = token

    async def settle(self, h: Handling, outcome: Outcome, message: MessageReceived | None) -> None:
        """Record the outcome; `message` is what a Retry button would read again."""
        match outcome:
            case Completed():
                await self._completed(h, outcome)
            case Stopped():
                said = f"{outcome.text} {sentences.STOPPED_ASIDE}".strip()
                await h.session.add_items([{"role": "assistant", "content": said}])
                await self.over(h, outcome)
            case Blocked():
                await self.over(h, outcome)
            case Failed():
                # The last checkpoint stays: Retry goes on from there and repeats no side effect.
                h.session.discard()
                failed = Unanswered(h.claim.event_id, h.reply.messages, message, also=h.reply.also)
                await h.settle(outcome, failed=failed)
            case Interrupted() | Unsure() | Notice():
                await h.settle(outcome)

    async def _completed(self, h: Handling, outcome: Completed) -> None:
        """Record an answer; of one that was cut the SDK has stored nothing."""
        if outcome.cut is not None:
            said = model_ends.remembered(outcome.cut, outcome.text)
            await h.session.add_items([{"role": "assistant", "content": said}])
        cut = CutAnswer(h.claim.event_id) if outcome.cut is ModelEnd.LENGTH else None
        await self.over(h, outcome, agent=outcome.agent, cut=cut, asked_back=ends_in_question(outcome.text))

    async def over(self, h: Handling, outcome: Outcome, **state: Any) -> None:
        """Record the end of a run, and leave nothing of it behind."""
        writes = Writes().run(None)
        changed = await self._closing.end(h, sentences.WAS_STOPPED, writes)
        h.retire(changed)
        await h.settle(
            outcome, *changed, writes=writes, approvals=(), grants=(), let_go=(), failed=None, **state
        )

    async def ask(self, h: Handling, calls: Sequence[PendingCall]) -> list[Approval]:
        """Make the approvals that stopped calls need; see `Requests.ask`."""
        return await self._requests.ask(h, calls)

    async def wait(
        self, h: Handling, outcome: Interrupted, snapshot: bytes, approvals: Sequence[Approval]
    ) -> None:
        """Record that the run waits for people."""
        writes = Writes().run(snapshot)
        for approval in approvals:
            self._requests.timers(approval, writes)
        ids = tuple(approval.id for approval in approvals)
        h.retire([approval for approval in approvals if approval.granted_by])
        await h.settle(outcome, *approvals, writes=writes, approvals=ids, failed=None, agent=outcome.agent)

    async def doubt(self, h: Handling, calls: Sequence[BrokenCall]) -> None:
        """Record that the run waits for people to say whether these calls happened.

        What the run had staged goes: it will be run again from where it was saved last.
        """
        h.session.discard()
        questions = [self._requests.question(h, call) for call in calls]
        writes = Writes()
        for question in questions:
            self._requests.timers(question, writes)
        ids = (*h.state.approvals, *(question.id for question in questions))
        await h.settle(Unsure(tuple(calls)), *questions, writes=writes, approvals=ids, failed=None)

    async def close_stale(self, h: Handling) -> None:
        """Close a saved run that this version cannot read, with everything it waits for.

        What was approved and has not run yet will not run: its card says so.
        """
        writes = Writes().run(None)
        changed = await self._closing.end(h, sentences.STALE, writes)
        h.retire(changed)
        outcome = Failed(FailureKind.STALE_RUN, self._token())
        log.warning("saved run not readable", extra={"reference": outcome.reference})
        await h.settle(outcome, *changed, writes=writes, approvals=(), grants=(), let_go=(), failed=None)
