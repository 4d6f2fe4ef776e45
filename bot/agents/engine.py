"""The only file that runs agents: messages and decisions in, progress and one outcome out."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agents import (
    Agent,
    InputGuardrailTripwireTriggered,
    ModelBehaviorError,
    RunConfig,
    RunContextWrapper,
    RunHooks,
    Runner,
    RunState,
    Session,
    SessionSettings,
    Tool,
    TResponseInputItem,
    UserError,
)
from agents.result import RunResultStreaming
from agents.run_config import ToolExecutionConfig

from bot.agents import snapshot
from bot.agents.context import RunContext
from bot.agents.failures import kind_of
from bot.agents.guardrail import Guard, Verdict
from bot.agents.history import outputs_behind_calls
from bot.agents.progress import AgentChanged, Progress, TextDelta, ToolFinished, ToolStarted
from bot.agents.team import Kit, Team
from bot.agents.tools.approval import ApprovedTool, arguments_of
from bot.approval import Offers, canonical
from bot.errors import InputRefused, OutcomeUnknown, UnknownSchema
from bot.policy import Call
from bot.requirement import Requirement
from bot.run import Blocked, Completed, Failed, FailureKind, Interrupted, Outcome, PendingCall, Stopped

log = logging.getLogger(__name__)

WORKFLOW: Final = "countersign"

Checkpoint = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go. `tracing_key` empty: no traces leave the process."""

    max_turns: int
    history_items: int
    tracing_key: str = ""


class Engine:
    """Begins, resumes and feeds runs. Holds nothing of any thread."""

    def __init__(self, kit: Kit, guard: Guard, limits: Limits, *, token: Callable[[], str]) -> None:
        self._kit = kit
        self._guard = guard
        self._limits = limits
        self._token = token
        self._approved = {approved.tool.name: approved for approved in kit.approved}
        if kit.code is not None:
            self._approved[kit.code.shell.tool.name] = kit.code.shell

    def run(
        self,
        message: str,
        *,
        agent: str | None,
        session: Session,
        context: RunContext,
        checkpoint: Checkpoint,
    ) -> RunInProgress:
        """Begin a run with a person's message, from the agent that spoke last."""
        hooks = _Hooks(checkpoint, first=False)
        result = Runner.run_streamed(
            Team(self._kit).agent(agent),
            message,
            context=context,
            session=session,
            max_turns=self._limits.max_turns,
            hooks=hooks,
            run_config=self._config(context, guarded=True),
        )
        return self._in_progress(result, hooks, context, session)

    async def resume(
        self,
        saved: bytes,
        *,
        decisions: Mapping[str, bool | str],
        session: Session,
        context: RunContext,
        checkpoint: Checkpoint,
    ) -> RunInProgress:
        """Go on with a saved run. A decision is True, or the text that tells the model why not.

        Calls without a decision keep waiting. Raises `UnknownSchema` if it cannot be restored.
        """
        team = Team(self._kit)
        state = await self._load(saved, team)
        for item in state.get_interruptions():
            decision = decisions.get(item.call_id or "")
            if decision is True:
                state.approve(item)
            elif isinstance(decision, str):
                state.reject(item, rejection_message=decision)
        hooks = _Hooks(checkpoint, first=True)
        result = Runner.run_streamed(
            team.root,
            state,
            context=context,
            session=session,
            max_turns=self._limits.max_turns,
            hooks=hooks,
            run_config=self._config(context, guarded=False),
        )
        progress = self._in_progress(result, hooks, context, session)
        progress.tools |= {item.call_id or "": str(item.name) for item in state.get_interruptions()}
        return progress

    async def admit(self, saved: bytes, message: str) -> bytes:
        """Put a message into a waiting run, to be read after the decision.

        It has been checked with `check` before. Raises `UnknownSchema` if the run cannot be
        restored, `InputRefused` if it takes no message any more, as on its last turn.
        """
        state = await self._load(saved, Team(self._kit))
        try:
            state.add_input(message)
        except UserError as error:
            raise InputRefused from error
        return snapshot.dump_state(state)

    async def _load(self, saved: bytes, team: Team) -> RunState[Any, Any]:
        """Restore a run, unless it waits for a tool that is no more."""
        state = await snapshot.load(saved, team)
        if any(item.name not in self._approved for item in state.get_interruptions()):
            raise UnknownSchema("a saved run waits for a tool that is no more")
        return state

    async def check(self, message: str) -> Outcome | None:
        """Judge a message before it is admitted; None if nothing is wrong with it."""
        return self._refused(await self._guard.check(message))

    def _refused(self, verdict: Verdict) -> Outcome | None:
        match verdict:
            case Verdict.OK:
                return None
            case Verdict.INJECTION:
                return Blocked(reason=verdict.value)
            case Verdict.UNAVAILABLE:
                return Failed(FailureKind.MODEL_UNREACHABLE, self._token())

    def _config(self, context: RunContext, *, guarded: bool) -> RunConfig:
        key = self._limits.tracing_key
        return RunConfig(
            workflow_name=WORKFLOW,
            group_id=str(context.thread),
            trace_metadata={"thread": str(context.thread), "requester": context.requester},
            tracing_disabled=not key,
            tracing={"api_key": key} if key else None,
            trace_include_sensitive_data=False,
            # What is admitted into a waiting run was judged at the door.
            input_guardrails=[self._guard.guardrail()] if guarded else [],
            session_settings=SessionSettings(limit=self._limits.history_items),
            call_model_input_filter=outputs_behind_calls,
            tool_execution=ToolExecutionConfig(pre_approval_tool_input_guardrails=True),
            tool_not_found_behavior="return_error_to_model",
            sandbox=context.workbench.config() if context.workbench and self._kit.code else None,
        )

    def _in_progress(
        self, result: RunResultStreaming, hooks: _Hooks, context: RunContext, session: Session
    ) -> RunInProgress:
        hooks.watch(result, context)
        return RunInProgress(self, result, context, session)

    async def waiting(self, saved: bytes, context: RunContext) -> tuple[PendingCall, ...]:
        """The calls a saved run waits for, as the policies judge them now.

        Raises `UnknownSchema` if it cannot be restored.
        """
        state = await self._load(saved, Team(self._kit))
        return self.pending(state.get_interruptions(), context)

    def pending(self, interruptions: Sequence[Any], context: RunContext) -> tuple[PendingCall, ...]:
        """Judge stopped calls."""
        calls: list[PendingCall] = []
        for item in interruptions:
            tool, arguments = str(item.name), arguments_of(item.arguments or "")
            # What the tool would refuse goes to it at once: nobody is asked to approve a mistake.
            refused = self.problems(tool, arguments)
            needs = () if refused else self.judge(tool, arguments, context.requester, context.thread.channel)
            offers = self._approved[tool].offers if tool in self._approved else Offers()
            calls.append(PendingCall(item.call_id or "", tool, canonical(arguments), needs, offers))
        return tuple(calls)

    def judge(
        self, tool: str, arguments: Mapping[str, Any], requester: str, channel: str
    ) -> tuple[Requirement, ...]:
        """Ask the policy of a tool; tools without one are not stopped in the first place."""
        call = Call(tool, arguments, requester, channel)
        return self._approved[tool].policy.requirements(call) if tool in self._approved else ()

    def approved(self, tool: str) -> ApprovedTool:
        """A tool whose calls are stopped, by its name."""
        return self._approved[tool]

    def problems(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, str]:
        """Check arguments by the tool's own schema; what is wrong, by argument."""
        if tool not in self._approved:
            return {"": "there is no such tool any more"}
        return self._approved[tool].form.problems(arguments)

    def failed(self, error: BaseException) -> Outcome:
        """Turn what ended a run into an outcome, and write the details to the log only."""
        if isinstance(error, InputGuardrailTripwireTriggered):
            verdict = Verdict(error.guardrail_result.output.output_info)
            refused = self._refused(verdict)
            if refused is not None:
                return refused
        failure = Failed(kind_of(error), self._token())
        log.error(
            "run failed",
            extra={
                "reference": failure.reference,
                "failure": failure.failure.value,
                "error": type(error).__name__,
            },
            exc_info=error if failure.failure is FailureKind.INTERNAL else None,
        )
        return failure


class RunInProgress:
    """A run to iterate over once; afterwards `outcome` says how it ended.

    `snapshot` is then the saved run where it waits for decisions. Errors of the bot's own store
    come out of the iteration; everything else becomes an outcome.
    """

    def __init__(
        self, engine: Engine, result: RunResultStreaming, context: RunContext, session: Session
    ) -> None:
        self.outcome: Outcome = Stopped("")
        self.snapshot: bytes | None = None
        self._engine = engine
        self._result = result
        self._context = context
        self._session = session
        self._text = ""
        self._stopped = False
        #: The names of the calls under way, for what their end is shown as.
        self.tools: dict[str, str] = {}
        #: Where its commands ran, if it could run any.
        self.workbench = context.workbench
        self.usage = result.context_wrapper.usage  # what came before a resume is in it

    def stop(self) -> None:
        """End the run; what was said so far becomes the outcome.

        A side effect that has begun ends first, and its result goes into the session; a command in
        the sandbox is ended.
        """
        self._stopped = True
        self._context.called_off.set()
        if self.workbench is not None:
            self.workbench.stop()
        self._result.cancel(mode="after_turn" if self._context.busy else "immediate")

    async def abandon(self) -> None:
        """End the run because its thread is no longer ours to work on; nothing comes of it."""
        self._result.cancel(mode="immediate")
        with contextlib.suppress(Exception):
            async for _ in self._result.stream_events():
                pass

    async def __aiter__(self) -> AsyncIterator[Progress]:
        error: Exception | None = None
        try:
            async for event in self._result.stream_events():
                if (step := self._step(event)) is not None:
                    yield step
        except Exception as caught:
            error = caught
        if isinstance(error, UnknownSchema):
            raise error
        if self._context.faults:
            raise self._context.faults[0]
        if self._context.unsure:
            raise OutcomeUnknown
        self.outcome = await self._ended(error)

    def _step(self, event: Any) -> Progress | None:
        match event.type:
            case "raw_response_event" if event.data.type == "response.created":
                self._text = ""  # the next turn begins; what was said before a tool call is done with
                return None
            case "raw_response_event" if event.data.type == "response.output_text.delta":
                self._text += event.data.delta
                return TextDelta(event.data.delta)
            case "agent_updated_stream_event":
                return AgentChanged(event.new_agent.name)
            case "run_item_stream_event":
                return self._item(event.name, event.item)
            case _:
                return None

    def _item(self, name: str, item: Any) -> Progress | None:
        raw: Any = item.raw_item
        if name == "tool_called":
            self.tools[str(raw.call_id)] = str(raw.name)
            return ToolStarted(str(raw.name), str(raw.call_id))
        if name == "tool_output":
            call_id = raw["call_id"] if isinstance(raw, dict) else raw.call_id  # pyright: ignore[reportUnknownVariableType]
            return ToolFinished(self.tools.get(str(call_id), "tool"), str(call_id))  # pyright: ignore[reportUnknownArgumentType]
        return None

    async def _ended(self, error: Exception | None) -> Outcome:
        if self._stopped:
            return Stopped(self._text)
        if error is not None:
            if isinstance(error, InputGuardrailTripwireTriggered):
                await self._forget_message()
            return self._engine.failed(error)
        if self._result.interruptions:
            self.snapshot = snapshot.dump(self._result)
            return self._waiting()
        if not isinstance(self._result.final_output, str) or not self._result.final_output.strip():
            return self._engine.failed(ModelBehaviorError("the answer was empty"))
        return Completed(self._result.final_output, self._result.last_agent.name)

    def _waiting(self) -> Interrupted:
        calls = self._engine.pending(self._result.interruptions, self._context)
        return Interrupted(self._text, self._result.last_agent.name, calls)

    async def _forget_message(self) -> None:
        """Take a refused message out of the session; the SDK has stored it by now."""
        items = await self._session.get_items()
        if items and isinstance(items[-1], dict) and items[-1].get("role") == "user":  # pyright: ignore[reportUnnecessaryIsInstance]
            await self._session.pop_item()


class _Hooks(RunHooks[RunContext]):
    """Checkpoints before every model call but a fresh run's first.

    By then the SDK has put the finished turn into the session, so state and session agree. A
    fresh run's first call comes before the message itself is stored there.
    """

    def __init__(self, checkpoint: Checkpoint, *, first: bool) -> None:
        self._checkpoint = checkpoint
        self._due = first
        self._result: RunResultStreaming | None = None
        self._context: RunContext | None = None

    def watch(self, result: RunResultStreaming, context: RunContext) -> None:
        """Name the run; its loop has not begun yet."""
        self._result = result
        self._context = context

    async def on_tool_start(
        self, context: RunContextWrapper[RunContext], agent: Agent[RunContext], tool: Tool
    ) -> None:
        """Note that an open sandbox may change: files are also patched, not by commands alone."""
        if self._context is not None and self._context.workbench is not None:
            self._context.workbench.touched()

    async def on_llm_start(
        self,
        context: RunContextWrapper[RunContext],
        agent: Agent[RunContext],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        """Save where the run stands, unless one of its calls broke off: then nobody asks on."""
        if self._context is not None and self._context.unsure:
            raise OutcomeUnknown
        if self._context is not None and self._context.workbench is not None:
            # Packed first: a run that is saved ahead of its workspace would believe in files that are gone.
            await self._context.workbench.prepare()
            await self._context.workbench.pack()
        if self._due and self._result is not None and self._context is not None:
            try:
                await self._checkpoint(snapshot.dump(self._result))
            except Exception as error:
                self._context.faults.append(error)
                raise
        self._due = True
