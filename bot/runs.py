"""Runs of the agents for a thread: begun, followed in Slack, resumed, recovered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot import words
from bot.agents.billing_client import BillingClient
from bot.agents.context import RunContext
from bot.agents.engine import Engine, RunInProgress
from bot.agents.progress import AgentChanged, Progress, TextDelta, ToolFinished, ToolStarted
from bot.approval import Approval, ApprovalStatus, digest
from bot.delivery import Delivery
from bot.errors import UnknownSchema
from bot.events import MessageReceived
from bot.handling import Handling
from bot.journal import Journal
from bot.run import Interrupted, Outcome, PendingCall
from bot.settlement import Settlement
from bot.slack.reply import ReplyStream
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

#: What is said to the run about each of its calls: True to do it, a text to tell why not.
Answers = Mapping[str, bool | str]


class Runs:
    """Drives the engine for one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        threads: ThreadStore,
        inbox: Inbox,
        delivery: Delivery,
        billing: BillingClient,
        settlement: Settlement,
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._inbox = inbox
        self._delivery = delivery
        self._billing = billing
        self._settlement = settlement

    async def start(self, h: Handling, message: MessageReceived) -> None:
        """Run the agents on a message, from the agent that spoke last in this thread."""
        await self._begin_reply(h)
        progress = self._engine.run(
            message.text,
            agent=h.state.agent,
            session=h.session,
            context=self._context(h, ()),
            checkpoint=self._checkpoint(h),
        )
        await self._drive(h, progress, message)

    async def recover(self, h: Handling, message: MessageReceived | None) -> None:
        """Go on with the thread's run: behind its decisions, from its last checkpoint, or anew.

        The approvals the run waits for, if any, are all decided.
        """
        approvals = await self._threads.approvals(h.state.approvals)
        if approvals:
            await self._resume(h, approvals, message)
        elif await self._threads.run(h.thread) is not None:
            await self._resume(h, (), message)
        elif message is not None:
            await self.start(h, message)

    async def check(self, message: MessageReceived) -> Outcome | None:
        """Judge a message that is to join a waiting run; None if nothing is wrong with it."""
        return await self._engine.check(message.text)

    async def admit(self, h: Handling, message: MessageReceived) -> bytes | None:
        """Put a message into the saved run; None where that run cannot be read any more."""
        snapshot = await self._threads.run(h.thread)
        try:
            return await self._engine.admit(snapshot, message.text) if snapshot else None
        except UnknownSchema:
            return None

    async def _resume(
        self, h: Handling, approvals: Sequence[Approval], message: MessageReceived | None
    ) -> None:
        await self._begin_reply(h)
        snapshot = await self._threads.run(h.thread)
        approved = [a for a in approvals if a.status is ApprovalStatus.APPROVED]
        answers: dict[str, bool | str] = {a.call_id: True for a in approved}
        for approval in approvals:
            if approval.status is not ApprovalStatus.APPROVED:
                who = await self._delivery.decided_by(approval)
                answers[approval.call_id] = words.rejection(approval, who)
        try:
            if snapshot is None:
                raise UnknownSchema
            progress = await self._continue(h, snapshot, answers, approved)
        except UnknownSchema:
            await self._settlement.close_stale(h)
        else:
            await self._drive(h, progress, message)

    async def _continue(
        self, h: Handling, snapshot: bytes, answers: Answers, approved: Sequence[Approval | PendingCall]
    ) -> RunInProgress:
        return await self._engine.resume(
            snapshot,
            decisions=answers,
            session=h.session,
            context=self._context(h, approved),
            checkpoint=self._checkpoint(h),
        )

    async def _drive(self, h: Handling, progress: RunInProgress, message: MessageReceived | None) -> None:
        outcome = await self._follow(h, progress)
        while _is_free(outcome) and progress.snapshot:
            # Nobody need be asked, but the intent is saved before the effect all the same: after
            # a crash in between, the call is repeated under its own id and never under a new one.
            await h.save(writes=Writes().run(progress.snapshot), approvals=())
            calls = outcome.calls if isinstance(outcome, Interrupted) else ()
            answers: Answers = {call.call_id: True for call in calls}
            progress = await self._continue(h, progress.snapshot, answers, calls)
            outcome = await self._follow(h, progress)
        await self._settlement.settle(h, outcome, progress.snapshot, message)

    async def _begin_reply(self, h: Handling) -> None:
        """Show that work begins; before the run, so that none is under way if Slack refuses."""
        stream = await self._delivery.open(h)
        await stream.start()

    async def _follow(self, h: Handling, progress: RunInProgress) -> Outcome:
        """Show the run in Slack while it works; a waiting stop or reset ends it."""
        stream = await self._delivery.open(h)
        stopper = asyncio.create_task(_stop_when(h.interrupted, progress))
        text = ""
        ended = False
        try:
            async for step in progress:
                text = _show(stream, step, text)
            ended = True
        finally:
            if not ended:
                await progress.abandon()
            stopper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stopper
        return progress.outcome

    def _context(self, h: Handling, approved: Sequence[Approval | PendingCall]) -> RunContext:
        return RunContext(
            thread=h.thread,
            requester=h.state.authors[0],
            billing=self._billing,
            journal=Journal(h, self._inbox, self._threads),
            approved={call.call_id: digest(call.tool, call.arguments) for call in approved},
        )

    def _checkpoint(self, h: Handling) -> Callable[[bytes], Awaitable[None]]:
        async def checkpoint(snapshot: bytes) -> None:
            # From here on the run is past its approvals: a crash resumes behind them.
            await h.save(writes=Writes().run(snapshot), approvals=())

        return checkpoint


def _is_free(outcome: Outcome) -> bool:
    return isinstance(outcome, Interrupted) and not any(call.requirement for call in outcome.calls)


async def _stop_when(interrupted: asyncio.Event, progress: RunInProgress) -> None:
    await interrupted.wait()
    progress.stop()


def _show(stream: ReplyStream, step: Progress, text: str) -> str:
    """Show one step of the run; returns the text of the present turn so far."""
    match step:
        case TextDelta():
            stream.show(text + step.text)
            return text + step.text
        case ToolStarted():
            stream.note(f"{step.name} …", key=step.call_id)
            return ""
        case ToolFinished():
            stream.note(f"{step.name} ✓", key=step.call_id)
            return ""
        case AgentChanged():
            stream.note(f"→ {step.name}")
            return ""
