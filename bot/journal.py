"""The journal of side effects: each one happens once, whatever process dies when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from bot import words
from bot.agents.attempt import Attempt
from bot.agents.context import Permit
from bot.agents.tools.settles import differs
from bot.approval import (
    Approval,
    ApprovalStatus,
    Ending,
    Execution,
    Verdict,
    authorize,
    digest,
    executed,
)
from bot.audit import Deed
from bot.errors import NotConfirmed, OutcomeUnknown
from bot.handling import Handling
from bot.run import BrokenCall, JournalEntry, JournalStatus
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

#: Characters of a tool's answer that an approval keeps.
RESULT = 2_000
#: How the answer of a tool begins that did not do what was asked.
FAILED = "ERROR:"


#: What is to be written together with the end of a call.
Beside = Callable[[], Awaitable[Writes]]


class Journal:
    """Runs an effect under a key of its own: `started` is written before it, `done` after it.

    A call found `done` returns its stored result. One that is found `started` died on its way:
    whether it happened is not known, and it is a person who says so, never a second try.
    """

    def __init__(
        self, handling: Handling, threads: ThreadStore, now: Callable[[], datetime], beside: Beside
    ) -> None:
        self._handling = handling
        self._threads = threads
        self._now = now
        self._beside = beside
        #: The names of the effects that happened, and of those that are known not to have.
        self._made: list[str] = []
        self._not_made: list[str] = []

    async def run(self, call_id: str, permit: Permit, effect: Callable[[Attempt], Awaitable[str]]) -> str:
        """Do the effect, handing it its idempotency key; raises `LeaseLost` before it, if at all.

        Raises `NotAuthorized` for what was not approved, `OutcomeUnknown` where it broke off, and
        `NotConfirmed` where Redis may forget in a power loss that it began: then it has not.
        """
        key, entry = await self._find(permit)
        if entry is not None and entry.status is JournalStatus.DONE:
            if permit.approval is not None:  # its card may have missed the end
                self._handling.retire([permit.approval])
            return self._remembered(permit, entry.result or "")
        if entry is not None and entry.broke_off:
            raise OutcomeUnknown
        if permit.approval is not None:
            authorize(permit.approval, permit.asked_digest)
        self._note(Deed.STARTED, permit, call=call_id)
        started = JournalEntry(JournalStatus.STARTED, call=_described(key, call_id, permit))
        if not await self._handling.save_confirmed(self._writes(key, permit, started)):
            await self._take_back(key, permit, call_id, entry)
            raise NotConfirmed
        try:
            # Whatever is known of the key but its end: it began before, and may have reached the service.
            result = await effect(Attempt(key, sent_before=entry is not None))
        except OutcomeUnknown:
            await self._ended(key, permit, call_id, Ending.UNKNOWN, "")
            raise
        done = Ending.OTHER if differs(result) else Ending.DONE
        ending = Ending.FAILED if result.startswith(FAILED) else done
        await self._ended(key, permit, call_id, ending, result)
        return self._remembered(permit, result)

    async def broken(self, call_id: str, permit: Permit) -> BrokenCall | None:
        """The call as one that broke off; None unless it began and nobody knows how it ended."""
        key, entry = await self._find(permit)
        return _described(key, call_id, permit) if entry is not None and entry.broke_off else None

    def behind(self) -> tuple[Writes, tuple[str, ...]]:
        """What to write where the run goes on behind these calls, and the names of what happened.

        What was not made keeps its name for an identical call of the run: that is the same wish.
        """
        writes = Writes()
        for effect in self._not_made:
            writes.journal(effect, JournalEntry(JournalStatus.AGAIN))
        return writes, tuple(self._made)

    def _remembered(self, permit: Permit, result: str) -> str:
        (self._not_made if result.startswith(FAILED) else self._made).append(permit.effect)
        if difference := differs(result):
            self._handling.remarks.append(words.not_as_asked(difference))
        return result

    async def _find(self, permit: Permit) -> tuple[str, JournalEntry | None]:
        """The key of an effect, and what is known of it: maybe from an earlier release, under another name."""
        entry = await self._threads.journal(self._handling.thread, permit.effect)
        if entry is None and permit.former:
            former = await self._threads.journal(self._handling.thread, permit.former)
            if former is not None:
                return permit.former, former
        return permit.effect, entry

    async def _ended(self, key: str, permit: Permit, call_id: str, ending: Ending, result: str) -> None:
        approval = permit.approval
        status = JournalStatus.UNKNOWN if ending is Ending.UNKNOWN else JournalStatus.DONE
        changed: list[Approval] = []
        if approval is not None:
            changed = [executed(approval, Execution(ending, self._now(), result[:RESULT]))]
            self._handling.retire(changed)
        noted = {"call": call_id, "ending": ending.value, "result": result[:RESULT]}
        self._note(Deed.EXECUTED, permit, **noted)
        if ending is Ending.OTHER:
            self._note(Deed.DIFFERED, permit, call=call_id, difference=differs(result))
        call = _described(key, call_id, permit) if ending is Ending.UNKNOWN else None
        beside = Writes() if ending is Ending.UNKNOWN else await self._beside()
        await self._write(key, permit, JournalEntry(status, result, call), *changed, beside=beside)

    def _note(self, deed: Deed, permit: Permit, **noted: str) -> None:
        """Put a step of the call on record: who asked for it, what ran, and by whose consent."""
        self._handling.note(
            deed,
            permit.approval,
            tool=permit.tool,
            person=self._requester(permit),
            digest=digest(permit.tool, permit.arguments),
            arguments=permit.arguments,
            consent=permit.consent,
            **noted,
        )

    def _requester(self, permit: Permit) -> str:
        authors = self._handling.state.authors
        return permit.approval.requester if permit.approval else next(iter(authors), "")

    async def _write(
        self, key: str, permit: Permit, entry: JournalEntry, *changed: Approval, beside: Writes | None = None
    ) -> None:
        writes = self._writes(key, permit, entry).add(beside or Writes())
        for approval in changed:
            writes.approval(approval)
        await self._handling.save_beside(writes)

    def _writes(self, key: str, permit: Permit, entry: JournalEntry) -> Writes:
        writes = Writes().journal(key, entry)
        if permit.former and permit.former != key:
            # A replica of the earlier release, which may take over while both run, looks only there.
            writes.journal(permit.former, replace(entry, call=None))
        return writes

    async def _take_back(self, key: str, permit: Permit, call_id: str, before: JournalEntry | None) -> None:
        """Let the journal say what it said before: a call that was not begun is no question to people."""
        noted = {"call": call_id, "ending": Ending.NOT_RUN.value, "result": words.NOT_CONFIRMED}
        self._note(Deed.EXECUTED, permit, **noted)
        if before is not None:
            await self._write(key, permit, before)
            return
        writes = Writes().forget_effect(key)
        await self._handling.save_beside(writes.forget_effect(permit.former) if permit.former else writes)


def _described(key: str, call_id: str, permit: Permit) -> BrokenCall:
    """A call as one that broke off: all it takes to ask about it later."""
    approval = permit.approval
    return BrokenCall(
        call_id,
        permit.tool,
        permit.arguments,
        asked=approval.asked if approval else permit.arguments,
        effect=key,
        role=permit.unknown_to,
        authors=approval.authors if approval else (),
        needs=approval.requirements if approval else (),
        approval=approval.id if approval else "",
    )


def answered(question: Approval) -> tuple[JournalEntry, Ending, str]:
    """What a closed question makes of its call: in the journal, on its card, and for the model's ears."""
    verdict = question.decisions[-1].verdict if question.status is ApprovalStatus.ANSWERED else None
    match verdict:
        case Verdict.HAPPENED:
            ending, told = Ending.DONE, words.IT_HAPPENED
        case Verdict.NOT_HAPPENED:
            ending, told = Ending.NOT_RUN, words.IT_DID_NOT
        case Verdict.RETRY:
            return JournalEntry(JournalStatus.AGAIN), Ending.UNKNOWN, ""
        case _:
            ending, told = Ending.UNKNOWN, words.NOBODY_KNOWS
    return JournalEntry(JournalStatus.DONE, told), ending, told


def settled(approval: Approval, ending: Ending, at: datetime, result: str) -> Approval:
    """Note on the approval of a call what a person said became of it."""
    return replace(approval, execution=Execution(ending, at, result))
