"""Runs of the agents for a thread: begun, followed in Slack, resumed, recovered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from bot.agents.context import Permit
from bot.agents.engine import Engine
from bot.agents.run_in_progress import RunInProgress
from bot.conversation.attention import Attention
from bot.conversation.budget_stops import BudgetStops
from bot.conversation.daily_use import DailyUse
from bot.conversation.delivery import Delivery
from bot.conversation.escalations import Escalations
from bot.conversation.handling import Handling
from bot.conversation.judging import Judging
from bot.conversation.live_progress import settle_lines, show_all, stop_when
from bot.conversation.made_before import MadeBefore
from bot.conversation.model_words import ModelWords
from bot.conversation.outcomes import Outcomes
from bot.conversation.reading import Reading
from bot.conversation.results import Results
from bot.conversation.run_checkpoints import RunCheckpoints
from bot.conversation.run_contexts import RunContexts
from bot.conversation.run_workspaces import RunWorkspaces
from bot.conversation.shown_answers import ShownAnswers
from bot.conversation.slow_model import Patience
from bot.conversation.steering import Steer, Steering
from bot.conversation.waiting_calls import WaitingCalls
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, Question
from bot.domain.attachment import Attachment
from bot.domain.budget_errors import BudgetReached
from bot.domain.errors import OutcomeUnknown, SlackRejected, TakenIn, UnknownSchema, WorkspaceNotKept
from bot.domain.events import MessageReceived
from bot.domain.masking import Masks
from bot.domain.run import BrokenCall, Interrupted, Notice, Outcome
from bot.domain.tasks import all_of, end
from bot.store.allowances import Allowances
from bot.store.next_messages import NextMessages
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What agents reach outside of the conversation; `of_team` is what its tools share."""

    of_team: Any
    run_workspaces: RunWorkspaces
    results: Results
    allowances: Allowances
    made_before: MadeBefore
    judging: Judging
    patience: Patience
    masks: Masks
    steer: Steer
    next_messages: NextMessages
    reading: Reading
    attention: Attention
    escalations: Escalations
    budgets: BudgetStops


class Runs:
    """Drives the engine for one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        threads: ThreadStore,
        delivery: Delivery,
        services: Services,
        outcomes: Outcomes,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._delivery = delivery
        self._run_workspaces = services.run_workspaces
        self.results = services.results
        self.shown_answers = ShownAnswers(delivery, threads)
        self.daily_use = DailyUse(services.allowances, delivery)
        self._budgets = services.budgets
        self._outcomes = outcomes
        self.judging = services.judging
        self._waiting = WaitingCalls(engine.tools, services.made_before, services.judging, delivery)
        self._words = ModelWords(services.run_workspaces, delivery, services.reading.names)
        self.escalations = services.escalations
        of_people = services.reading, self.daily_use, services.attention, self.escalations
        steering = Steering(services.steer, services.next_messages, engine, self._words, *of_people)
        self._checkpoints = RunCheckpoints(services.run_workspaces, steering, self.escalations)
        self._patience = services.patience
        self._contexts = RunContexts(
            *(threads, services.run_workspaces, services.judging, services.made_before),
            *(services.of_team, services.masks, now),
        )

    async def start(self, h: Handling, message: MessageReceived) -> None:
        """Run the agents on a message, from the agent that spoke last in this thread.

        This and `recover` raise `NeedsRunSlot` in a slot that is kept for what is done soon.
        """
        h.enter_run()
        await self.begin_reply(h)
        context, journal = self._contexts.of(h, {})
        progress = self._engine.run(
            await self._words.of(h, message),
            agent=h.state.agent,
            session=h.session,
            context=context,
            checkpoint=self._checkpoints.of(h, context, journal),
            is_raised=h.state.escalation.is_raised,
        )
        await self._drive(h, progress, message)

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

    async def check(self, h: Handling, message: MessageReceived) -> Outcome | None:
        """Judge a message that is to join a waiting run; None if nothing is wrong with it."""
        try:
            said = self._run_workspaces.said(message)
            return await self._engine.check(said, partial(self.escalations.in_doubt, h))
        except BudgetReached as reached:
            return Notice(reached.user_message)

    def refuses(self, message: MessageReceived) -> list[str]:
        """A sentence for each file of a message that does not."""
        return self._run_workspaces.refused(message)

    def takes(self, message: MessageReceived) -> tuple[Attachment, ...]:
        """The files of a message that go into the workspace."""
        return self._run_workspaces.taken(message)

    async def authors_of_files(self, h: Handling) -> tuple[str, ...]:
        """All whose words went into the files that the thread's next run has."""
        return await self._run_workspaces.authors(h)

    async def admit(self, h: Handling, message: MessageReceived) -> bytes:
        """Put a message into the saved run.

        Raises `UnknownSchema` where the run cannot be read any more, `InputRefused` where it is full.
        """
        snapshot = await self._threads.run(h.thread)
        if snapshot is None:
            raise UnknownSchema
        return await self._engine.admit(snapshot, await self._words.joining(h, message))

    async def _resume(
        self, h: Handling, approvals: Sequence[Approval], message: MessageReceived | None
    ) -> None:
        await self.begin_reply(h, even_unheard=True)
        snapshot = await self._threads.run(h.thread)
        try:
            if snapshot is None:
                raise UnknownSchema
            progress = await self._continue(h, snapshot, approvals)
        except UnknownSchema:
            await self._outcomes.close_stale(h)
            return
        except BudgetReached as reached:
            await self._budgets.stop(h, None, reached)
            return
        if progress is not None:
            await self._drive(h, progress, message)

    async def _continue(
        self, h: Handling, snapshot: bytes, approvals: Sequence[Approval]
    ) -> RunInProgress | None:
        """Go on with a saved run, each call of it answered; None where one of them broke off.

        Calls that need nobody run along. Raises `UnknownSchema`.
        """
        if await self._budgets.ends(h, approvals, partial(self.escalations.in_doubt, h)):
            return None
        saved = await self._engine.saved(snapshot, is_raised=h.state.escalation.is_raised)
        waiting = self._engine.waiting(saved, self._contexts.of(h, {})[0])
        pending = await self.judging.of_calls(h, self._waiting.foretold(h, waiting), approvals)
        answers, permits = await self._waiting.answers(h, pending, approvals)
        if broken := await self._broken(h, permits, approvals):
            await self._outcomes.doubt(h, broken)
            return None
        context, journal = self._contexts.of(h, permits)
        return self._engine.resume(
            saved,
            decisions=answers,
            session=h.session,
            context=context,
            checkpoint=self._checkpoints.of(h, context, journal),
        )

    async def _broken(
        self, h: Handling, permits: Mapping[str, Permit], approvals: Sequence[Approval]
    ) -> list[BrokenCall]:
        """The calls that began and did not end, and about which nobody is being asked yet."""
        journal = self._contexts.journal(h)
        asked = {a.call_id for a in approvals if a.question is Question.OUTCOME and not a.is_final}
        found = [await journal.broken(c, permit) for c, permit in permits.items() if c not in asked]
        return [call for call in found if call is not None]

    async def _drive(self, h: Handling, progress: RunInProgress, message: MessageReceived | None) -> None:
        """Follow a run to where it ends or waits for people."""
        h.remarks += self._run_workspaces.refused(message) if message else []
        current: RunInProgress | None = progress
        while current is not None:
            try:
                outcome = await self._outcome(h, current)
            except (OutcomeUnknown, TakenIn):
                known = await self._threads.approvals(h.state.approvals)
                current = await self._continue(h, await self._saved(h), known)
                continue
            if outcome is None:
                return
            try:
                await self._run_workspaces.keep(h, current.workspace, outcome)
            except WorkspaceNotKept as error:
                outcome = self._engine.failed.of(error)
            snapshot = current.snapshot
            self.escalations.ended(h, current.course, outcome)
            count = self.daily_use.count(h, current.usage.total_tokens)  # once, however often it is said
            if not isinstance(outcome, Interrupted) or snapshot is None:
                await all_of(count, self._outcomes.settle(h, outcome, message))
                return
            _, calls = await all_of(count, self._waiting.judged(h, outcome.calls, snapshot))
            outcome = replace(outcome, calls=calls)
            approvals = await self._outcomes.ask(h, outcome.calls)
            if not all(approval.is_final for approval in approvals):
                if h.stream is not None:
                    settle_lines(h.stream, current)
                await self._outcomes.wait(h, outcome, snapshot, approvals)
                return
            # Nobody need be asked, but the intent is saved before the effect all the same: after
            # a crash in between, the call is repeated under its own id and never under a new one.
            ids = tuple(approval.id for approval in approvals)
            h.retire([approval for approval in approvals if approval.granted_by])
            await h.save(*approvals, writes=Writes().run(snapshot), approvals=ids)
            current = await self._continue(h, snapshot, approvals)

    async def _saved(self, h: Handling) -> bytes:
        """The run as it was before its calls; what was staged since goes."""
        h.session.discard()
        snapshot = await self._threads.run(h.thread)
        if snapshot is None:
            raise UnknownSchema
        return snapshot

    async def begin_reply(self, h: Handling, *, even_unheard: bool = False) -> None:
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

    async def _outcome(self, h: Handling, run: RunInProgress) -> Outcome | None:
        """How a run ended; None where a budget stopped it, and people are asked."""
        try:
            outcome = await self._follow(h, run)
        except BudgetReached as reached:
            await self._budgets.stop(h, run, reached)
            return None
        await self._budgets.near(h)
        return outcome

    async def _follow(self, h: Handling, progress: RunInProgress) -> Outcome:
        """Show the run in Slack while it works; a waiting stop or reset ends it."""
        stream = await self._delivery.open(h)
        stopper = asyncio.create_task(stop_when(h.interrupted, progress))
        try:
            await show_all(stream, progress, self._patience)
        finally:
            await end(stopper)
        h.remarks += [sentences.hidden(names)] if (names := progress.shown.hidden) else []
        return progress.outcome
