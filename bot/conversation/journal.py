"""The journal of side effects: each one happens once, whatever process dies when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.agents.attempt import Attempt
from bot.agents.context import Permit, always_ready
from bot.agents.tool_result import FAILED, Result, kept
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, ApprovalStatus, Ending, Execution, Verdict, digest
from bot.domain.approvals.transitions import authorize, executed
from bot.domain.audit import Deed
from bot.domain.errors import NotAuthorized, NotConfirmed, OutcomeUnknown, Starved
from bot.domain.run import BrokenCall, JournalEntry, JournalStatus
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

#: Characters of a tool's answer that an approval keeps.
RESULT = 2_000

#: What came of a call before Redis was restored from a backup; None where it did not run, or nothing was restored.
MadeBefore = Callable[[Permit], Awaitable[Result | None]]

#: What is to be written together with the end of a call.
Beside = Callable[[], Awaitable[Writes]]


async def _may(permit: Permit, is_repeated: bool) -> str | None:
    return ""


async def _nothing(permit: Permit) -> None:
    return None


async def _not_made(permit: Permit) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Counting:
    """How calls are counted whose policies look at earlier ones.

    `begins` counts one; None where it may not begin any more, else the `run_id` of the Redis that has counted it, empty
    where nothing is counted. `given_back` takes back what was not made.
    """

    begins: Callable[[Permit, bool], Awaitable[str | None]] = _may
    given_back: Callable[[Permit], Awaitable[None]] = _nothing


UNCOUNTED = Counting()


class Journal:
    """Runs an effect under a key of its own: `started` is written before it, `done` after it.

    A call found `done` returns its stored result. One that is found `started` died on its way:
    whether it happened is not known, and it is a person who says so, never a second try.
    """

    def __init__(
        self,
        handling: Handling,
        threads: ThreadStore,
        now: Callable[[], datetime],
        beside: Beside,
        counting: Counting = UNCOUNTED,
        made_before: MadeBefore = _not_made,
    ) -> None:
        self._made_before = made_before
        self._counting = counting
        self._handling = handling
        self._threads = threads
        self._now = now
        self._beside = beside
        #: The names of the effects that happened, and of those that are known not to have.
        self._made: list[str] = []
        self._not_made: list[str] = []

    async def run(
        self,
        call_id: str,
        permit: Permit,
        effect: Callable[[Attempt], Awaitable[Result]],
        ready: Callable[[], Awaitable[None]] = always_ready,
    ) -> Result:
        """Do the effect, handing it its idempotency key; raises `LeaseLost` before it, if at all.

        `ready` is waited for before anything is written: what it raises leaves the call not begun. Raises
        `NotAuthorized` for what was not approved, `OutcomeUnknown` where it broke off, and `NotConfirmed` where
        Redis may forget in a power loss that it began, or `Starved` where this process had no means for it:
        then it has not.
        """
        key, entry = await self._known(permit, call_id)
        if entry is not None and entry.status is JournalStatus.DONE:
            if permit.approval is not None:  # its card may have missed the end
                self._handling.retire([permit.approval])
            return await self._remembered(permit, kept(entry.result or "", entry.difference))
        if entry is not None and entry.broke_off:
            raise OutcomeUnknown
        _may_begin(permit)
        await ready()
        # Before the intent, so that what confirms the one confirms the other: Redis writes in one order. The intent is
        # for that very Redis: one that takes over between the two may not have the count.
        counted_in = await self._counting.begins(permit, entry is not None)
        if counted_in is None:
            refused = Result(sentences.LIMIT_REACHED)
            await self._ended(key, permit, call_id, Ending.NOT_RUN, refused)
            return await self._remembered(permit, refused)
        self._note(Deed.STARTED, permit, call=call_id)
        started = JournalEntry(JournalStatus.STARTED, call=_described(key, call_id, permit))
        intent = self._writes(key, permit, started)
        if not await self._handling.save_confirmed(intent, only_in=counted_in):
            await self._take_back(key, permit, call_id, entry, sentences.NOT_CONFIRMED)
            raise NotConfirmed
        try:
            # Whatever is known of the key but its end: it began before, and may have reached the service.
            result = await effect(Attempt(key, sent_before=entry is not None))
        except Starved:
            await self._take_back(key, permit, call_id, entry, sentences.STARVED)
            raise
        except OutcomeUnknown as unknown:
            await self._ended(key, permit, call_id, Ending.UNKNOWN, Result(""), said=unknown.said)
            raise
        done = Ending.OTHER if result.difference else Ending.DONE
        ending = Ending.FAILED if result.text.startswith(FAILED) else done
        await self._ended(key, permit, call_id, ending, result)
        return await self._remembered(permit, result)

    async def _known(self, permit: Permit, call_id: str) -> tuple[str, JournalEntry | None]:
        """What is known of an effect: by the journal, or, where Redis was restored from a backup, by its service.

        Raises `OutcomeUnknown` where the service cannot tell: people are asked, and nothing is tried.
        """
        key, entry = await self._find(permit)
        if entry is not None:
            return key, entry
        _may_begin(permit)
        try:
            made = await self._made_before(permit)
        except OutcomeUnknown:
            await self._ended(key, permit, call_id, Ending.UNKNOWN, Result(""))
            raise
        if made is None:
            return key, None
        self._handling.remarks.append(sentences.MADE_BEFORE)
        await self._ended(key, permit, call_id, Ending.OTHER if made.difference else Ending.DONE, made)
        return key, JournalEntry(JournalStatus.DONE, made.text, difference=made.difference)

    async def broken(self, call_id: str, permit: Permit) -> BrokenCall | None:
        """The call as one that broke off; None unless it began and nobody knows how it ended."""
        key, entry = await self._find(permit)
        if entry is None or not entry.broke_off:
            return None
        return _described(key, call_id, permit, said=entry.call.said if entry.call else "")

    def behind(self) -> tuple[Writes, tuple[str, ...]]:
        """What to write where the run goes on behind these calls, and the names of what happened.

        What was not made keeps its name for an identical call of the run: that is the same wish.
        """
        writes = Writes()
        for effect in self._not_made:
            writes.journal(effect, JournalEntry(JournalStatus.AGAIN))
        return writes, tuple(self._made)

    async def _remembered(self, permit: Permit, result: Result) -> Result:
        not_made = result.text.startswith(FAILED)
        (self._not_made if not_made else self._made).append(permit.effect)
        if not_made:
            await self._counting.given_back(permit)
        if result.difference:
            self._handling.remarks.append(sentences.not_as_asked(result.difference))
        return result

    async def _find(self, permit: Permit) -> tuple[str, JournalEntry | None]:
        """The key of an effect, and what is known of it: maybe from an earlier release, under another name."""
        names = [permit.effect, *([permit.former] if permit.former else [])]
        entry = await self._threads.journal(self._handling.thread, *names)
        if entry is None and permit.former:
            former = await self._threads.journal(self._handling.thread, permit.former)
            if former is not None:
                return permit.former, former
        return permit.effect, entry

    async def _ended(
        self, key: str, permit: Permit, call_id: str, ending: Ending, result: Result, *, said: str = ""
    ) -> None:
        approval = permit.approval
        status = JournalStatus.UNKNOWN if ending is Ending.UNKNOWN else JournalStatus.DONE
        changed: list[Approval] = []
        if approval is not None:
            changed = [executed(approval, Execution(ending, self._now(), result.told[:RESULT]))]
            self._handling.retire(changed)
        noted = {"call": call_id, "ending": ending.value, "result": (said or result.told)[:RESULT]}
        self._note(Deed.EXECUTED, permit, **noted)
        if ending is Ending.OTHER:
            self._note(Deed.DIFFERED, permit, call=call_id, difference=result.difference)
        call = _described(key, call_id, permit, said=said) if ending is Ending.UNKNOWN else None
        beside = Writes() if ending is Ending.UNKNOWN else await self._beside()
        entry = JournalEntry(status, result.text, call, result.difference)
        await self._write(key, permit, entry, *changed, beside=beside)

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

    async def _take_back(
        self, key: str, permit: Permit, call_id: str, before: JournalEntry | None, why: str
    ) -> None:
        """Let the journal say what it said before: a call that was not begun is no question to people."""
        noted = {"call": call_id, "ending": Ending.NOT_RUN.value, "result": why}
        self._note(Deed.EXECUTED, permit, **noted)
        if before is not None:
            await self._write(key, permit, before)
            return
        writes = Writes().forget_effect(key)
        await self._handling.save_beside(writes.forget_effect(permit.former) if permit.former else writes)


def _may_begin(permit: Permit) -> None:
    """Raise `NotAuthorized` for what was not approved, and for what was only to be read from the journal."""
    if permit.is_known:
        raise NotAuthorized
    if permit.approval is not None:
        authorize(permit.approval, permit.asked_digest)


def _described(key: str, call_id: str, permit: Permit, *, said: str = "") -> BrokenCall:
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
        said=said,
        title=approval.preview.title if approval and approval.preview else "",
    )


def answered(question: Approval) -> tuple[JournalEntry, Ending, str]:
    """What a closed question makes of its call: in the journal, on its card, and for the model's ears."""
    verdict = question.decisions[-1].verdict if question.status is ApprovalStatus.ANSWERED else None
    match verdict:
        case Verdict.HAPPENED:
            ending, told = Ending.DONE, sentences.IT_HAPPENED
        case Verdict.NOT_HAPPENED:
            ending, told = Ending.NOT_RUN, sentences.IT_DID_NOT
        case Verdict.RETRY:
            return JournalEntry(JournalStatus.AGAIN), Ending.UNKNOWN, ""
        case _:
            ending, told = Ending.UNKNOWN, sentences.NOBODY_KNOWS
    return JournalEntry(JournalStatus.DONE, told), ending, told


def settled(approval: Approval, ending: Ending, at: datetime, result: str) -> Approval:
    """Note on the approval of a call what a person said became of it."""
    return replace(approval, execution=Execution(ending, at, result))
