"""Calls that were made before Redis was set back, by the word of the service: neither asked for nor made again."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.agents.context import Permit
from bot.agents.engine import Engine
from bot.agents.tool_result import Result
from bot.agents.tools.made_under import MadeUnder
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, Ending, Execution, digest
from bot.domain.approvals.transitions import executed, withdraw
from bot.domain.audit import Deed
from bot.domain.errors import OutcomeUnknown
from bot.domain.events import message_id
from bot.domain.run import JournalEntry, JournalStatus, PendingCall
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Call:
    tool: str
    arguments: str
    effect: str
    requester: str


class MadeBefore:
    """Asks the services, where Redis may have forgotten, before people are asked."""

    def __init__(
        self, engine: Engine, threads: ThreadStore, made_under: MadeUnder, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._made_under = made_under
        self._now = now

    async def of_calls(self, h: Handling, calls: Sequence[PendingCall]) -> tuple[PendingCall, ...]:
        """The calls; what was made already needs nobody any more, and stands in the journal."""
        if not (h.claim.may_repeat or may_have_run(h)):
            return tuple(calls)
        return tuple([await self._of_call(h, call) for call in calls])

    async def of_approval(self, h: Handling, approval: Approval, writes: Writes) -> list[Approval]:
        """What waits, closed, where its call was made already; who calls it saves that with `writes`.

        First the approval itself; of a question what its call had been approved by is settled, too.
        """
        if approval.is_final or not (h.claim.may_repeat or may_have_run(h, approval)):
            return []
        call = _Call(approval.tool, approval.arguments, approval.effect, approval.requester)
        if (result := await self._made(call)) is None:
            return []
        if h.concerns(approval):  # else no run is left that would read it, and drop it at its end
            writes.journal(call.effect, _done(result))
        self._note(h, call, result, approval)
        closed = withdraw(approval, at=self._now(), why=sentences.MADE_BEFORE)
        h.note(Deed.WITHDRAWN, closed, why=sentences.MADE_BEFORE)
        made = Execution(_ending(result), self._now(), result.told)
        about = await self._threads.readable([approval.about] if approval.about else [])
        return [executed(closed, made), *(executed(one, made) for one in about)]

    async def permit(self, h: Handling, call: PendingCall) -> Permit | None:
        """What lets the run have the result of a call that nobody was asked for: it is not made again."""
        entry = await self._threads.journal(h.thread, call.effect)
        if entry is None or entry.status is not JournalStatus.DONE:
            return None
        shown = (call.tool, call.asked_digest, call.arguments)
        return Permit(*shown, consent=sentences.MADE_BEFORE, effect=call.effect, is_known=True)

    def under(self, h: Handling) -> Callable[[Permit], Awaitable[Result | None]]:
        """`of_permit`, for the calls of an event."""
        return functools.partial(self.of_permit, h)

    async def of_permit(self, h: Handling, permit: Permit) -> Result | None:
        """What came of a call that is to run, where it ran before Redis was restored from a backup; None where it did not.

        Raises `OutcomeUnknown` where its service cannot tell: people are asked then.
        """
        if not may_have_run(h, permit.approval):
            return None
        told = await self._made_under(permit.tool, permit.effect)
        if told is None:
            raise OutcomeUnknown
        return self._engine.tools.named(permit.tool).compared(permit.arguments, told) if told else None

    async def _of_call(self, h: Handling, call: PendingCall) -> PendingCall:
        made = _Call(call.tool, call.arguments, call.effect, next(iter(h.state.authors), ""))
        if not call.requirements or (result := await self._made(made)) is None:
            return call
        self._note(h, made, result)
        await h.save_beside(Writes().journal(call.effect, _done(result)))
        return replace(call, requirements=())

    async def _made(self, call: _Call) -> Result | None:
        if not self._engine.tools.has(call.tool):
            return None
        told = await self._made_under(call.tool, call.effect)
        return self._engine.tools.named(call.tool).compared(call.arguments, told) if told else None

    def _note(self, h: Handling, call: _Call, result: Result, approval: Approval | None = None) -> None:
        h.note(
            Deed.EXECUTED,
            approval,
            tool=call.tool,
            person=call.requester,
            digest=digest(call.tool, call.arguments),
            arguments=call.arguments,
            consent=sentences.MADE_BEFORE,
            ending=_ending(result).value,
            result=result.told,
            told="by the service",
        )
        h.remarks.append(sentences.MADE_BEFORE)
        log.warning("call was made before redis was set back", extra={"tool": call.tool})


def _done(result: Result) -> JournalEntry:
    return JournalEntry(JournalStatus.DONE, result.text, difference=result.difference)


def may_have_run(h: Handling, approval: Approval | None = None) -> bool:
    """Whether a call of the thread's run may have run since the backup that Redis was restored from.

    It is the run that counts: what it asks for today it may have asked for then as well.
    """
    _, _, ts = h.state.run_id.rpartition(":")
    is_message = h.state.run_id == message_id(h.thread.channel, ts)
    times = [*([ts] if is_message else []), *h.state.asked_in]
    began = [datetime.fromtimestamp(float(ts), UTC) for ts in times]
    began += [approval.requested_at] if approval else []
    return h.claim.may_have_run(min(began) if began else None)


def _ending(result: Result) -> Ending:
    return Ending.OTHER if result.difference else Ending.DONE
