"""The only file that runs agents: messages and decisions in, progress and one outcome out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

from agents import (
    ItemHelpers,
    RunConfig,
    Runner,
    RunState,
    Session,
    TResponseInputItem,
    UserError,
)
from agents.result import RunResultStreaming
from agents.run_config import ToolExecutionConfig

from bot.agents import snapshot
from bot.agents.approved_tools import ApprovedTools
from bot.agents.checkpoints import Checkpoint, Checkpoints
from bot.agents.context import RunContext
from bot.agents.failed_runs import FailedRuns
from bot.agents.guardrail import Guard, Verdict
from bot.agents.handoffs import Handoffs, Kit
from bot.agents.history import as_models_read_it
from bot.agents.refusals import in_its_own_words
from bot.agents.run_in_progress import Called, RunInProgress
from bot.agents.step_words import StepWords
from bot.agents.team import TRIAGE
from bot.domain.errors import InputRefused, UnknownSchema
from bot.domain.run import Outcome, PendingCall
from bot.domain.tiers import Sign

WORKFLOW: Final = "countersign"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go, and how much of a conversation a model reads. `tracing_key` empty: OpenAI is told nothing of it. `traced`: others are."""

    max_turns: int
    history_tokens: int
    tracing_key: str = ""
    traced: bool = False


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run that was saved, read once: its agents, where it stands, and how many turns each has taken."""

    team: Handoffs
    state: RunState[Any, Any]
    turns: Mapping[str, int]


class Engine:
    """Begins, resumes and feeds runs. Holds nothing of any thread."""

    def __init__(self, kit: Kit, guard: Guard, limits: Limits, *, token: Callable[[], str]) -> None:
        self._kit = kit
        self._guard = guard
        self._limits = limits
        #: The tools whose calls are stopped.
        self.tools = ApprovedTools(kit.approved)
        self._words = StepWords(kit.steps, self.tools.title)
        #: Whether an agent speaks with another model once its thread is raised.
        self.rises = kit.rises
        #: What becomes of a run that ended otherwise than it should.
        self.failed = FailedRuns(token)
        # Made once: to make one, the SDK looks up the types of all its fields anew (half a millisecond).
        self._of_all_runs = _of_all_runs(limits)

    def run(
        self,
        message: str,
        *,
        agent: str | None,
        session: Session,
        context: RunContext,
        checkpoint: Checkpoint,
        is_raised: bool = False,
    ) -> RunInProgress:
        """Begin a run with a person's message, from the agent that spoke last; by the frontier tier if `is_raised`."""
        hooks = Checkpoints(checkpoint, first=False, turns=self._kit.turns)
        team = Handoffs(self._kit, is_raised=is_raised)

        def in_doubt() -> None:
            context.course.agent = agent or TRIAGE
            context.course.signs.append(Sign.GUARD_IN_DOUBT)
            team.rise()

        result = Runner.run_streamed(
            team.agent(agent),
            message,
            context=context,
            session=session,
            max_turns=self._limits.max_turns,
            hooks=hooks,
            run_config=self._config(context, session, in_doubt),
            error_handlers={"model_refusal": in_its_own_words},
        )
        run = self._in_progress(result, hooks, context, session, team)
        run.given, run.is_saved = ItemHelpers.input_to_new_input_list(message), hooks.has_saved
        return run

    async def saved(self, run: bytes, *, is_raised: bool = False) -> SavedRun:
        """Read a saved run, which is gone on with once. Raises `UnknownSchema` if it cannot be restored."""
        team = Handoffs(self._kit, is_raised=is_raised)
        return SavedRun(team, await self._load(run, team), snapshot.turns_of(run))

    def resume(
        self,
        saved: SavedRun,
        *,
        decisions: Mapping[str, bool | str],
        session: Session,
        context: RunContext,
        checkpoint: Checkpoint,
    ) -> RunInProgress:
        """Go on with a saved run. A decision is True, or the text that tells the model why not.

        Calls without a decision keep waiting.
        """
        team, state = saved.team, saved.state
        context.course.turns.update(saved.turns)
        for item in state.get_interruptions():
            decision = decisions.get(item.call_id or "")
            if decision is True:
                state.approve(item)
            elif isinstance(decision, str):
                state.reject(item, rejection_message=decision)
        hooks = Checkpoints(checkpoint, first=True, turns=self._kit.turns)
        result = Runner.run_streamed(
            team.root,
            state,
            context=context,
            session=session,
            max_turns=self._limits.max_turns,
            hooks=hooks,
            run_config=self._config(context, session),
            error_handlers={"model_refusal": in_its_own_words},
        )
        progress = self._in_progress(result, hooks, context, session, team)
        for item in state.get_interruptions():
            progress.called[item.call_id or ""] = Called(str(item.name), item.arguments or "")
        return progress

    async def admit(self, saved: bytes, message: str) -> bytes:
        """Put a message into a waiting run, to be read after the decision.

        It has been checked with `check` before. Raises `UnknownSchema` if the run cannot be
        restored, `InputRefused` if it takes no message any more, as on its last turn.
        """
        state = await self._load(saved, Handoffs(self._kit))
        try:
            state.add_input(message)
        except UserError as error:
            raise InputRefused from error
        return snapshot.dump_state(state, snapshot.turns_of(saved))

    async def unread(self, saved: bytes) -> list[TResponseInputItem]:
        """What has joined a waiting run and no model has read yet; nothing where the run cannot be restored."""
        with contextlib.suppress(UnknownSchema):
            return (await self._load(saved, Handoffs(self._kit))).pending_input
        return []

    async def _load(self, saved: bytes, team: Handoffs) -> RunState[Any, Any]:
        """Restore a run, unless it waits for a tool that is no more."""
        state = await snapshot.load(saved, team)
        if not all(self.tools.has(str(item.name)) for item in state.get_interruptions()):
            raise UnknownSchema("a saved run waits for a tool that is no more")
        return state

    async def check(self, message: str, in_doubt: Callable[[], None]) -> Outcome | None:
        """Judge a message before it is admitted; None if nothing is wrong with it, after `in_doubt` where that took a second look."""
        verdict = await self._guard.check(message)
        if verdict is Verdict.DOUBT:
            in_doubt()
        return self.failed.refused(verdict)

    def _config(
        self, context: RunContext, session: Session, in_doubt: Callable[[], None] | None = None
    ) -> RunConfig:
        config = copy(self._of_all_runs)
        config.group_id = str(context.thread)
        config.trace_metadata = {"thread": str(context.thread), "requester": context.requester}
        # What is admitted into a waiting run was judged at the door.
        config.input_guardrails = [self._guard.guardrail(in_doubt)] if in_doubt else []
        config.call_model_input_filter = as_models_read_it(session, self._limits.history_tokens)
        config.sandbox = context.workspace.config() if context.workspace and self._kit.shell else None
        return config

    def _in_progress(
        self,
        result: RunResultStreaming,
        hooks: Checkpoints,
        context: RunContext,
        session: Session,
        team: Handoffs,
    ) -> RunInProgress:
        hooks.watch(result, context)
        context.course.fallen = team.fallen
        return RunInProgress(self.tools, self._words, self.failed, result, context, session)

    def waiting(self, saved: SavedRun, context: RunContext) -> tuple[PendingCall, ...]:
        """The calls a saved run waits for, as the policies judge them now."""
        return self.tools.pending(saved.state.get_interruptions(), context)


def _of_all_runs(limits: Limits) -> RunConfig:
    """What is alike for all runs."""
    key = limits.tracing_key
    return RunConfig(
        workflow_name=WORKFLOW,
        tracing_disabled=not (limits.tracing_key or limits.traced),
        tracing={"api_key": key} if key else None,
        trace_include_sensitive_data=False,
        tool_execution=ToolExecutionConfig(pre_approval_tool_input_guardrails=True),
        tool_not_found_behavior="return_error_to_model",
    )
