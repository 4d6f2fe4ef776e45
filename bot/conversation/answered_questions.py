"""What people said of a call that broke off: it goes into the journal, onto its card, and out of what counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.conversation.handling import Handling
from bot.conversation.journal import answered, settled
from bot.conversation.judging import Judging
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.consent import of_question
from bot.domain.audit import Deed
from bot.domain.run import JournalStatus
from bot.store.threads import ThreadStore
from bot.store.writes import Writes


class AnsweredQuestions:
    """Makes an answer count for the call that it is about."""

    def __init__(self, threads: ThreadStore, judging: Judging, now: Callable[[], datetime]) -> None:
        self._threads = threads
        self._judging = judging
        self._now = now

    async def resolve(self, h: Handling, question: Approval, writes: Writes) -> list[Approval]:
        """Let the journal know what a person said of a call; returns its approval, changed.

        This goes into the write of the answer itself: were it done later and again after a
        crash, a call tried again could be tried a second time without anybody being asked.
        """
        entry, ending, result = answered(question)
        if not question.is_detached:
            before = await self._threads.journal(h.thread, question.effect)
            # What is to be tried again is still not known: its call is kept, should the run end first.
            kept = before.call if before and entry.status is JournalStatus.AGAIN else None
            # Who looked says that it happened, the service what it was.
            if entry.result and before and before.call and before.call.said:
                result = f"{entry.result} {before.call.said}"
                entry = replace(entry, result=result)
            writes.journal(question.effect, replace(entry, call=kept))
        about = await self._threads.readable([question.about]) if question.about else []
        h.note(
            Deed.EXECUTED,
            question,
            person=question.requester,
            arguments=question.arguments,
            consent=of_question(question, next(iter(about), None)),
            ending=ending.value,
            result=result,
            told="by a person",
        )
        return [settled(approval, ending, self._now(), result) for approval in about]

    async def give_back(self, h: Handling, question: Approval) -> None:
        """Let a call that did not happen count no more, once that is on record.

        A run that goes on does so itself: here it could be a repetition that is given back.
        """
        if question.is_detached and question.did_not_happen:
            await self._judging.not_made(h, question)
