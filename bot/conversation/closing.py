"""What a run leaves behind that will not go on: nothing of it may stay open, or be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.conversation.handling import Handling
from bot.conversation.journal import settled
from bot.conversation.judging import Judging
from bot.conversation.requests import Requests, cancel_timers
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, ApprovalStatus, Ending, Question
from bot.domain.approvals.consent import consent
from bot.domain.approvals.transitions import detach, withdraw
from bot.domain.audit import Deed
from bot.domain.budget import UNCHECKED
from bot.store.threads import ThreadStore
from bot.store.writes import Writes


class Closing:
    """Closes what a run waited for, and keeps asking about what broke off."""

    def __init__(
        self, threads: ThreadStore, requests: Requests, judging: Judging, now: Callable[[], datetime]
    ) -> None:
        self._judging = judging
        self._threads = threads
        self._requests = requests
        self._now = now

    async def end(self, h: Handling, why: str, writes: Writes, *, person: str = "") -> list[Approval]:
        """Withdraw what waits, settle what will not run any more, ask about what broke off.

        Returns the approvals this changes or makes; who calls it saves them with `writes`, and
        shows their cards. A call that began may have happened: forgetting its thread does not
        undo it, so the question stays open until somebody has looked.
        """
        approvals = await self._threads.readable(h.state.approvals)
        await _forget_unchecked(h, approvals)
        broken, is_all = await self._threads.broken(h.thread)
        changed: list[Approval] = []
        asked: set[str] = set()
        for approval in approvals:
            if approval.question is Question.OUTCOME and not approval.is_final:
                asked.add(approval.effect)
                changed.append(detach(approval))
            elif not approval.is_final:
                changed.append(withdraw(approval, at=self._now(), why=why))
                cancel_timers(approval, writes)
                h.note(Deed.WITHDRAWN, changed[-1], person=person, why=why)
            elif approval.status is ApprovalStatus.APPROVED and approval.execution is None:
                began = not is_all or any(call.approval == approval.id for call in broken)
                changed.append(self._not_run(h, approval, began, why))
            elif approval.did_not_happen:  # and its run ends before it could give that back
                await self._judging.not_made(h, approval)
        for call in broken:
            if call.effect not in asked:
                question = self._requests.question(h, call, detached=True)
                self._requests.timers(question, writes)
                changed.append(question)
        await self._give_back(h)
        writes.forget_effects()
        return changed

    async def _give_back(self, h: Handling) -> None:
        """Let what was let go on and never began count no more; were it to begin after all, it would be judged anew."""
        for one in h.state.let_go:
            if await self._threads.knows_effect(h.thread, one.effect):
                continue
            await self._judging.give_back(h, one)

    async def strand(self, h: Handling, approval: Approval) -> Approval:
        """Close what was approved and what no run is left to do; who calls it saves and shows it."""
        broken, is_all = await self._threads.broken(h.thread)
        began = not is_all or any(call.approval == approval.id for call in broken)
        return self._not_run(h, approval, began, sentences.RUN_GONE)

    def _not_run(self, h: Handling, approval: Approval, began: bool, why: str) -> Approval:
        ending = Ending.UNKNOWN if began else Ending.NOT_RUN
        h.note(
            Deed.EXECUTED,
            approval,
            person=approval.requester,
            arguments=approval.arguments,
            consent=consent(approval),
            ending=ending.value,
            result=why,
        )
        told = f"{why} {sentences.LOOK if began else sentences.NOT_BEGUN}"
        return settled(approval, ending, self._now(), told)


async def _forget_unchecked(h: Handling, approvals: Sequence[Approval]) -> None:
    """Take out the message whose check nobody could pay for: a model of a later run would read it."""
    if any(approval.call_id == UNCHECKED for approval in approvals):
        await h.session.pop_item()
