"""A run that has come to the end of a budget: people are asked whether it may go on, and it does so or ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.agents.engine import Engine
from bot.agents.guardrail import latest
from bot.agents.run_in_progress import RunInProgress
from bot.conversation.handling import Handling
from bot.conversation.live_progress import settle_lines
from bot.conversation.outcomes import Outcomes
from bot.conversation.run_workspaces import RunWorkspaces
from bot.domain import budget, sentences
from bot.domain.approvals.approval import Approval, Ending, Execution, canonical
from bot.domain.approvals.consent import consent
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.transitions import authorize, executed
from bot.domain.audit import Deed
from bot.domain.budget import GO_ON, UNCHECKED, Payer
from bot.domain.budget_errors import BudgetReached
from bot.domain.errors import NotAuthorized, UnknownSchema
from bot.domain.run import Interrupted, Notice, PendingCall
from bot.store.budgets import Budgets
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BudgetStops:
    """Asks, by an approval like any other, the people of a role."""

    budgets: Budgets
    role: str
    threads: ThreadStore
    engine: Engine
    outcomes: Outcomes
    run_workspaces: RunWorkspaces

    async def stop(self, h: Handling, run: RunInProgress | None, reached: BudgetReached) -> None:
        """Save a run right before the request that there is no money for, and ask whether it may go on.

        Without a `run` it is one that waited already.
        """
        snapshot = await self._saved(h, run)
        await self.run_workspaces.checkpoint(h, run.workspace if run else None)
        agent = run.agent if run else h.state.agent or ""
        outcome = Interrupted("", agent, (await self._call(reached),))
        approvals = await self.outcomes.ask(h, outcome.calls)
        if any(approval.is_final for approval in approvals):  # too many wait already
            if reached.is_check:
                h.session.discard()
            is_read = not reached.is_check
            await self._end(h, sentences.budget_flood(is_read=is_read), is_read=is_read)
            return
        if h.stream is not None and run is not None:
            settle_lines(h.stream, run)
        log.warning("budget reached", extra={"budgets": [one.scope.value for one in reached.short]})
        await self.outcomes.wait(h, outcome, snapshot, approvals)

    async def ends(self, h: Handling, approvals: Sequence[Approval], in_doubt: Callable[[], None]) -> bool:
        """Raise budgets as far as people agreed to; True where the run has ended, as they did not or its message is refused.

        Raises `BudgetReached` where there is no money to check that message.
        """
        stops = [approval for approval in approvals if approval.tool == GO_ON]
        for approval in stops:
            if approval.execution is not None:
                continue
            try:
                authorize(approval, approval.asked_digest)
            except NotAuthorized:
                is_read = approval.call_id != UNCHECKED
                await self._end(h, sentences.budget_kept(approval.status, is_read=is_read), is_read=is_read)
                return True
            await self._raise(h, approval)
        return any(approval.call_id == UNCHECKED for approval in stops) and await self._refused(h, in_doubt)

    async def _refused(self, h: Handling, in_doubt: Callable[[], None]) -> bool:
        """Judge the message that the run begins with; True where it was refused, and the run has ended."""
        said = latest(await h.session.get_items())
        refused = await self.engine.check(said, in_doubt)
        if refused is None:
            await h.save(approvals=())  # from here on its words are those of any other message
            return False
        await self.outcomes.settle(h, refused, None)
        return True

    async def near(self, h: Handling) -> None:
        """Let the reply say which budgets are nearly used up, where this run is the one that says it."""
        if self.budgets.are_set:
            h.remarks += [budget.near(one) for one in await self.budgets.near(h.payer())]

    async def _raise(self, h: Handling, approval: Approval) -> None:
        """Do what was approved, as it was shown. Done once more it changes nothing."""
        arguments = json.loads(approval.arguments)
        thread, person, run = approval.thread, approval.requester, approval.run_id
        payer = Payer(thread.team, thread.channel, person, run)
        await self.budgets.raise_to(payer, budget.agreed(arguments), arguments.get("on", ""))
        told = {"arguments": approval.arguments, "consent": consent(approval), "ending": Ending.DONE.value}
        h.note(Deed.EXECUTED, approval, person=person, **told)
        done = executed(approval, Execution(Ending.DONE, h.now()))
        h.retire([done])
        await h.save(done)

    async def _saved(self, h: Handling, run: RunInProgress | None) -> bytes:
        """The run as it goes on: from its last checkpoint, or with its first request. What was staged since goes."""
        h.session.discard()
        if (saved := await self.threads.run(h.thread)) is not None:
            return saved
        if run is None or run.snapshot is None:
            raise UnknownSchema
        await h.session.add_items(run.given)
        return run.snapshot

    async def _call(self, reached: BudgetReached) -> PendingCall:
        arguments = canonical(budget.asked(reached.short, reached.most, await self.budgets.date()))
        why = " ".join(one.why(reached.most) for one in reached.short)
        return PendingCall(
            UNCHECKED if reached.is_check else GO_ON, GO_ON, arguments, (Requirement(self.role, why),)
        )

    async def _end(self, h: Handling, said: str, *, is_read: bool) -> None:
        """End the run with a sentence; what follows a message that no model has read goes with it (`Closing.end`)."""
        if is_read:
            # Who joined it was told that their words will be read.
            saved = await self.threads.run(h.thread)
            joined = [] if saved is None else await self.engine.unread(saved)
            await h.session.add_items([*joined, {"role": "assistant", "content": said}])
        await self.outcomes.over(h, Notice(said))
