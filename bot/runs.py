"""Runs of the agents for a thread: begun, followed in Slack, resumed, recovered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import words
from bot.agents.billing_client import BillingClient
from bot.agents.context import Permit, RunContext
from bot.agents.engine import Engine, RunInProgress
from bot.agents.progress import AgentChanged, CommandStep, Progress, TextDelta, ToolFinished, ToolStarted
from bot.agents.tools.shell import SHELL
from bot.approval import Approval, ApprovalStatus, Question, digest
from bot.attachment import Attachment
from bot.benches import Benches
from bot.consent import consent
from bot.delivery import Delivery
from bot.effects import Asked
from bot.errors import HandedOver, OutcomeUnknown, SlackRejected, UnknownSchema, WorkspaceNotKept
from bot.events import MessageReceived
from bot.handling import Handling
from bot.journal import Journal
from bot.permits import named
from bot.results import Results
from bot.run import BrokenCall, Interrupted, Notice, Outcome, PendingCall
from bot.sandbox.workbench import Workbench
from bot.settlement import Settlement
from bot.slack.reply import ReplyStream
from bot.store.allowances import Allowances, Limit
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from bot.tasks import end

log = logging.getLogger(__name__)

#: Characters of a command's last lines that are shown; a status line takes no more.
TAIL = 100


@dataclass(frozen=True, slots=True)
class Services:
    """What agents reach outside of the conversation."""

    billing: BillingClient
    benches: Benches
    results: Results
    allowances: Allowances


class Runs:
    """Drives the engine for one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        threads: ThreadStore,
        delivery: Delivery,
        services: Services,
        settlement: Settlement,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._delivery = delivery
        self._billing = services.billing
        self._benches = services.benches
        self.results = services.results
        self._allowances = services.allowances
        self._settlement = settlement
        self._now = now

    async def start(self, h: Handling, message: MessageReceived) -> None:
        """Run the agents on a message, from the agent that spoke last in this thread.

        This and `recover` raise `NeedsRunSlot` in a slot that is kept for what is done soon.
        """
        h.enter_run()
        await self._begin_reply(h)
        context, journal = self._context(h, {})
        progress = self._engine.run(
            self._benches.said(message) or words.NO_WORDS,
            agent=h.state.agent,
            session=h.session,
            context=context,
            checkpoint=self._checkpoint(h, context.workbench, journal),
        )
        await self._drive(h, progress, message)

    async def admits(self, h: Handling, message: MessageReceived) -> bool:
        """Count a message on its person's day. Where that is used up, say so: the first time in the thread."""
        admission = await self._allowances.admit(h.thread.team, message.user, h.claim.event_id)
        if admission.used_up is Limit.NONE:
            return True
        of_messages = admission.used_up is Limit.MESSAGES
        most = self._allowances.limits.messages
        told = words.messages_used_up(most) if of_messages else words.TOKENS_USED_UP
        if admission.is_first:
            await h.settle(Notice(told))
        else:
            await self._delivery.whisper(h.thread, message.user, told)
        return False

    async def recover(self, h: Handling, message: MessageReceived | None) -> None:
        """Go on with the thread's run: behind its decisions, from its last checkpoint, or anew.

        The approvals the run waits for, if any, are all decided.
        """
        h.enter_run()
        approvals = await self._threads.approvals(h.state.approvals)
        if approvals:
            await self._resume(h, approvals, message)
        elif await self._threads.run(h.thread) is not None:
            await self._resume(h, (), message)
        elif message is not None:
            await self.start(h, message)

    async def check(self, message: MessageReceived) -> Outcome | None:
        """Judge a message that is to join a waiting run; None if nothing is wrong with it."""
        return await self._engine.check(self._benches.said(message))

    def refuses(self, message: MessageReceived) -> list[str]:
        """A sentence for each file of a message that does not."""
        return self._benches.refused(message)

    def takes(self, message: MessageReceived) -> tuple[Attachment, ...]:
        """The files of a message that go into the workspace."""
        return self._benches.taken(message)

    async def admit(self, h: Handling, message: MessageReceived) -> bytes:
        """Put a message into the saved run.

        The model is told when it is not from the person whose request waits. Raises
        `UnknownSchema` where the run cannot be read any more, `InputRefused` where it is full.
        """
        snapshot = await self._threads.run(h.thread)
        text = self._benches.said(message)
        if h.state.authors and message.user != h.state.authors[0]:
            text = words.from_another(await self._delivery.name_of(message.user), text)
        if snapshot is None:
            raise UnknownSchema
        return await self._engine.admit(snapshot, text)

    async def _resume(
        self, h: Handling, approvals: Sequence[Approval], message: MessageReceived | None
    ) -> None:
        await self._begin_reply(h, even_unheard=True)
        snapshot = await self._threads.run(h.thread)
        try:
            if snapshot is None:
                raise UnknownSchema
            progress = await self._continue(h, snapshot, approvals)
        except UnknownSchema:
            await self._settlement.close_stale(h)
            return
        if progress is not None:
            await self._drive(h, progress, message)

    async def _continue(
        self, h: Handling, snapshot: bytes, approvals: Sequence[Approval]
    ) -> RunInProgress | None:
        """Go on with a saved run, each call of it answered; None where one of them broke off.

        Calls that need nobody run along. Raises `UnknownSchema`.
        """
        pending = await self._engine.waiting(snapshot, self._context(h, {})[0])
        answers, permits = await self._answers(h, pending, approvals)
        if broken := await self._broken(h, permits, approvals):
            await self._settlement.doubt(h, broken)
            return None
        context, journal = self._context(h, permits)
        return await self._engine.resume(
            snapshot,
            decisions=answers,
            session=h.session,
            context=context,
            checkpoint=self._checkpoint(h, context.workbench, journal),
        )

    async def _answers(
        self, h: Handling, pending: Sequence[PendingCall], approvals: Sequence[Approval]
    ) -> tuple[dict[str, bool | str], dict[str, Permit]]:
        """What each waiting call is told; and, for those that may run, as what."""
        answers: dict[str, bool | str] = {}
        permits: dict[str, Permit] = {}
        asked: dict[str, Asked] = {}
        decided = {a.call_id: a for a in approvals if a.question is Question.GO_AHEAD}
        for call in pending:
            approval, tool = decided.get(call.call_id), self._engine.approved(call.tool)
            asked[call.call_id] = Asked(call.tool, tool.told_apart(call.arguments))
            if approval is None and not call.requirements:
                shown = (call.tool, digest(call.tool, call.arguments), call.arguments)
                terms = (None, tool.policy.unknown_to, tool.policy.nobody_asked)
                permits[call.call_id] = Permit(*shown, *terms)
                answers[call.call_id] = True
            elif approval is not None and approval.status is ApprovalStatus.APPROVED:
                shown = (approval.tool, approval.asked_digest, approval.arguments)
                terms = (approval, tool.policy.unknown_to, consent(approval))
                permits[call.call_id] = Permit(*shown, *terms)
                answers[call.call_id] = True
            elif approval is not None:
                who = await self._delivery.decided_by(approval)
                answers[call.call_id] = words.rejection(approval, who)
        return answers, named(h.thread, h.state, permits, asked)

    async def _broken(
        self, h: Handling, permits: Mapping[str, Permit], approvals: Sequence[Approval]
    ) -> list[BrokenCall]:
        """The calls that began and did not end, and about which nobody is being asked yet."""
        journal = self._journal(h)
        asked = {a.call_id for a in approvals if a.question is Question.OUTCOME and not a.is_final}
        found = [await journal.broken(c, permit) for c, permit in permits.items() if c not in asked]
        return [call for call in found if call is not None]

    async def _drive(self, h: Handling, progress: RunInProgress, message: MessageReceived | None) -> None:
        """Follow a run to where it ends or waits for people."""
        if message is not None:
            h.remarks += self._benches.refused(message)
        current: RunInProgress | None = progress
        while current is not None:
            try:
                outcome = await self._follow(h, current)
                await self._count(h, current)
            except OutcomeUnknown:
                current = await self._continue(h, await self._saved(h), await self._known(h))
                continue
            try:
                await self._benches.keep(h, current.workbench, outcome)
            except WorkspaceNotKept as error:
                outcome = self._engine.failed(error)
            snapshot = current.snapshot
            if not isinstance(outcome, Interrupted) or snapshot is None:
                await self._settlement.settle(h, outcome, message)
                return
            approvals = await self._settlement.ask(h, outcome.calls)
            if not all(approval.is_final for approval in approvals):
                await self._settlement.wait(h, outcome, snapshot, approvals)
                return
            # Nobody need be asked, but the intent is saved before the effect all the same: after
            # a crash in between, the call is repeated under its own id and never under a new one.
            ids = tuple(approval.id for approval in approvals)
            h.retire([approval for approval in approvals if approval.granted_by])
            await h.save(*approvals, writes=Writes().run(snapshot), approvals=ids)
            current = await self._continue(h, snapshot, approvals)

    async def _count(self, h: Handling, progress: RunInProgress) -> None:
        """Put what the run has used on the day of who asked for it."""
        run = h.state.run_id or h.claim.event_id
        await self._allowances.spend(h.thread.team, h.state.authors[0], run, progress.usage.total_tokens)

    async def _saved(self, h: Handling) -> bytes:
        """The run as it was before its calls; what was staged since goes."""
        h.session.discard()
        snapshot = await self._threads.run(h.thread)
        if snapshot is None:
            raise UnknownSchema
        return snapshot

    async def _known(self, h: Handling) -> list[Approval]:
        return await self._threads.approvals(h.state.approvals)

    async def _begin_reply(self, h: Handling, *, even_unheard: bool = False) -> None:
        """Show that work begins; before the run, so that none is under way if Slack refuses.

        What was approved is done even where the thread is closed to the bot by now.
        """
        try:
            stream = await self._delivery.open(h)
            await stream.start()
        except SlackRejected as refusal:
            if not (even_unheard and refusal.is_closed):
                raise
            log.error("thread is closed to the bot", extra={"code": refusal.code})

    async def _follow(self, h: Handling, progress: RunInProgress) -> Outcome:
        """Show the run in Slack while it works; a waiting stop or reset ends it."""
        stream = await self._delivery.open(h)
        stopper = asyncio.create_task(_stop_when(h.interrupted, progress))
        try:
            await _show_all(stream, progress)
        finally:
            await end(stopper)
        return progress.outcome

    def _context(self, h: Handling, permits: Mapping[str, Permit]) -> tuple[RunContext, Journal]:
        if not h.state.authors:
            raise UnknownSchema("nobody is on record as the one who asked")
        bench = self._benches.open(h)

        def show(step: Progress) -> None:
            if h.stream is not None:
                _show(h.stream, step, "")

        journal = self._journal(h, bench)
        context = RunContext(
            thread=h.thread,
            requester=h.state.authors[0],
            billing=self._billing,
            journal=journal,
            permits=permits,
            workbench=bench,
            show=show,
            faults=bench.faults if bench else [],
        )
        return context, journal

    def _journal(self, h: Handling, bench: Workbench | None = None) -> Journal:
        return Journal(h, self._threads, self._now, lambda: self._benches.packed(bench))

    def _checkpoint(
        self, h: Handling, bench: Workbench | None, journal: Journal
    ) -> Callable[[bytes], Awaitable[None]]:
        before = h.state.effects

        async def checkpoint(snapshot: bytes) -> None:
            await self._benches.checkpoint(h, bench)
            writes, made = journal.behind()
            # From here on the run is past its approvals: a crash resumes behind them.
            await h.save(writes=writes.run(snapshot), approvals=(), effects=(*before, *made))
            if h.leaving.is_set():
                raise HandedOver

        return checkpoint


async def _stop_when(interrupted: asyncio.Event, progress: RunInProgress) -> None:
    await interrupted.wait()
    progress.stop()


async def _show_all(stream: ReplyStream, progress: RunInProgress) -> None:
    """Show a run step by step to its end; it is abandoned where this is ended sooner."""
    text = ""
    ended = False
    try:
        async for step in progress:
            text = _show(stream, step, text)
        ended = True
    finally:
        if not ended:
            await progress.abandon()


def _show(stream: ReplyStream, step: Progress, text: str) -> str:
    """Show one step of the run; returns the text of the present turn so far."""
    match step:
        case TextDelta():
            stream.show(text + step.text)
            return text + step.text
        case ToolStarted() | ToolFinished() if step.name == SHELL:
            return ""
        case CommandStep():
            stream.note(_command(step), key=step.call_id)
            stream.note(_end_of(step.tail) if step.exit_code is None else "", key=f"{step.call_id} tail")
            return text
        case ToolStarted():
            stream.note(f"{step.name} …", key=step.call_id)
            return ""
        case ToolFinished():
            stream.note(f"{step.name} ✓", key=step.call_id)
            return ""
        case AgentChanged():
            stream.note(f"→ {step.name}")
            return ""


def _end_of(said: str) -> str:
    """What a command said last, on one line: a line may be long, and its end is the news."""
    return " ".join(said.split())[-TAIL:]


def _command(step: CommandStep) -> str:
    """One line for a command: how it stands, for how long, its first line."""
    mark = {None: "…", 0: "✓"}.get(step.exit_code, f"✗ exit {step.exit_code}")
    return f"{mark} {step.seconds:.0f} s  $ {step.line}"
