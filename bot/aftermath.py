"""What a run leaves behind that will not go on: nothing of it may stay open, or be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot import words
from bot.approval import Approval, ApprovalStatus, Ending, Question, detach, withdraw
from bot.audit import Deed
from bot.consent import consent
from bot.handling import Handling
from bot.journal import settled
from bot.requests import Requests, cancel_timers
from bot.store.threads import ThreadStore
from bot.store.writes import Writes


class Aftermath:
    """Closes what a run waited for, and keeps asking about what broke off."""

    def __init__(self, threads: ThreadStore, requests: Requests, now: Callable[[], datetime]) -> None:
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
        for call in broken:
            if call.effect not in asked:
                question = self._requests.question(h, call, detached=True)
                self._requests.timers(question, writes)
                changed.append(question)
        writes.forget_effects()
        return changed

    async def strand(self, h: Handling, approval: Approval) -> Approval:
        """Close what was approved and what no run is left to do; who calls it saves and shows it."""
        broken, is_all = await self._threads.broken(h.thread)
        began = not is_all or any(call.approval == approval.id for call in broken)
        return self._not_run(h, approval, began, words.RUN_GONE)

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
        return settled(approval, ending, self._now(), f"{why} {words.LOOK}" if began else why)
