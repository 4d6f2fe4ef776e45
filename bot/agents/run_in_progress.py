"""A run under way: its steps to iterate over, and how it ended."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

from agents import (
    InputGuardrailTripwireTriggered,
    ModelBehaviorError,
    Session,
)
from agents.result import RunResultStreaming
from openai.types.responses import ResponseFunctionToolCall

from bot.agents import snapshot
from bot.agents.approved_tools import ApprovedTools
from bot.agents.bad_end import bad_end
from bot.agents.context import RunContext
from bot.agents.failed_runs import FailedRuns
from bot.agents.progress import AgentChanged, Progress, TextDelta, ToolFinished, ToolStarted
from bot.agents.shown_words import ShownWords
from bot.agents.step_words import StepWords
from bot.agents.tool_result import ending_of
from bot.agents.tools.call_arguments import arguments_of, is_object
from bot.domain.approvals.approval import Ending
from bot.domain.budget_errors import BudgetError
from bot.domain.ends import ModelEnd
from bot.domain.errors import OutcomeUnknown, Starved, UnknownSchema
from bot.domain.resources import is_shortage
from bot.domain.run import Completed, Interrupted, Outcome, Stopped
from bot.domain.tiers import Sign

#: Words of a model, also of one that declines.
_WORDS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})


@dataclass(frozen=True, slots=True)
class Called:
    """A call: its tool's name, and its arguments as the model wrote them."""

    tool: str
    arguments: str


class RunInProgress:
    """A run to iterate over once; afterwards `outcome` says how it ended.

    `snapshot` is then the saved run where it waits for decisions, or where a budget stopped it before anything was
    saved. Errors of the bot's own store and of budgets come out of the iteration; everything else becomes an outcome.
    """

    def __init__(
        self,
        tools: ApprovedTools,
        words: StepWords,
        failed: FailedRuns,
        result: RunResultStreaming,
        context: RunContext,
        session: Session,
    ) -> None:
        self.outcome: Outcome = Stopped("")
        self.snapshot: bytes | None = None
        #: What a person said that began it, as it stands in its session.
        self.given: list[Any] = []
        #: Whether it can be gone on with from what is saved.
        self.is_saved: Callable[[], bool] = lambda: True
        self._approved = tools
        self._words = words
        self._agent = ""
        self._failed = failed
        self._result = result
        self._context = context
        self._session = session
        self._text = ""
        self._stopped = False
        #: The calls of the run, for what their end is shown as; and those that have begun and not ended.
        self.called: dict[str, Called] = {}
        self.open: set[str] = set()
        #: Where its commands ran, if it could run any.
        self.workspace = context.workspace
        #: What it goes through.
        self.course = context.course
        #: What of the model's words is shown, and whether a step is told without them: who shows it takes them when it does.
        self.shown = ShownWords(context.masks)
        self.tells_words = True
        self.usage = result.context_wrapper.usage  # what came before a resume is in it

    def stop(self) -> None:
        """End the run; what was said so far becomes the outcome.

        A side effect that has begun ends first, and its result goes into the session; a command in
        the sandbox is ended.
        """
        self._stopped = True
        self._context.called_off.set()
        if self.workspace is not None:
            self.workspace.stop()
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
            async for step in self._steps():
                yield step
        except Exception as caught:
            error = caught
        if isinstance(error, BudgetError) and not self.is_saved():
            self.snapshot = snapshot.dump_unbegun(self._result)
        if isinstance(error, UnknownSchema | BudgetError):
            raise error
        if self._context.faults:
            raise self._context.faults[0]
        if self._context.unsure:
            raise OutcomeUnknown
        if error is not None and not self._stopped and is_shortage(error):
            raise Starved from error
        self.outcome = await self.shown.of(await self._ended(error))

    async def _steps(self) -> AsyncIterator[Progress]:
        """The steps as people may see them."""
        async for event in self._result.stream_events():
            if event.type == "raw_response_event":
                if await self._hears(event.data):
                    yield self._more_words()
                continue
            step = self._step(event)
            if isinstance(step, ToolStarted | AgentChanged) and await self.shown.rest():
                yield self._more_words()
            if step is not None:
                yield step
        if not self._stopped and await self.shown.rest():
            yield self._more_words()

    async def _hears(self, event: Any) -> bool:
        """Hear an event of the model; whether there may be more words to be shown."""
        if event.type in _WORDS:
            self._text += event.delta
            await self.shown.add(event.delta)
            return True
        if event.type != "response.created":
            return False
        # What was held back is said where the model's turn ends: with a call, a handoff, or another turn.
        was_held = await self.shown.rest()
        self._text = ""  # what was said before a tool call is done with
        self.shown.begin()
        return was_held

    def _more_words(self) -> TextDelta:
        return TextDelta(self.shown.taken() if self.tells_words else "")

    def _step(self, event: Any) -> Progress | None:
        match event.type:
            case "agent_updated_stream_event":
                return self._agent_is(event.new_agent.name)
            case "run_item_stream_event":
                return self._item(event.name, event.item)
            case _:
                return None

    def _item(self, name: str, item: Any) -> Progress | None:
        raw: Any = item.raw_item
        if name == "tool_called":
            call_id, name = str(raw.call_id), str(raw.name)
            self.called[call_id] = Called(name, str(getattr(raw, "arguments", "")))
            self.open.add(call_id)
            if isinstance(raw, ResponseFunctionToolCall) and not is_object(raw.arguments):
                self.course.signs.append(Sign.MALFORMED)
            return ToolStarted(name, call_id, self.words(call_id))
        if name == "tool_output":
            call_id = raw["call_id"] if isinstance(raw, dict) else raw.call_id  # pyright: ignore[reportUnknownVariableType]
            return self._finished(str(call_id), item)  # pyright: ignore[reportUnknownArgumentType]
        return None

    def _finished(self, call_id: str, item: Any) -> ToolFinished | None:
        """The end of a call: one of which nothing was noted never began. What was not shown to begin is no news."""
        if (called := self.called.get(call_id)) is None:
            return None
        self.open.discard(call_id)
        kind = item.raw_item["type"] if isinstance(item.raw_item, dict) else item.raw_item.type  # pyright: ignore[reportUnknownVariableType]
        unnoted = Ending.NOT_RUN if kind == "function_call_output" else ending_of(str(item.output))
        ending = self._context.endings.get(call_id, unnoted)
        self.course.ended.append(ending)
        return ToolFinished(called.tool, call_id, self.words(call_id), ending)

    @property
    def said(self) -> str:
        """What the model said last."""
        return self._text

    @property
    def agent(self) -> str:
        """The agent that works."""
        return self._result.last_agent.name

    def words(self, call_id: str) -> str:
        """What people read of a call: with the arguments it may run with, or else as the model wrote them."""
        called = self.called[call_id]
        permit = self._context.permits.get(call_id)
        arguments = arguments_of(permit.arguments if permit is not None else called.arguments)
        if permit is None and self._approved.has(called.tool):
            arguments = self._approved.in_form(called.tool, arguments)
        arguments = self._words.named(called.tool, arguments)
        return self._words.of(called.tool, self.shown.in_line(arguments))

    def _agent_is(self, name: str) -> AgentChanged | None:
        """Another agent took over; the first one to be named was there already."""
        before, self._agent = self._agent, name
        return AgentChanged(name) if before and name != before else None

    async def _ended(self, error: Exception | None) -> Outcome:
        if self._stopped:
            return Stopped(self._text)
        if error is not None:
            if isinstance(error, InputGuardrailTripwireTriggered):
                await self._forget_message()
            return self._cut(error) or self._failed.of(error)
        if self._result.interruptions:
            self.snapshot = snapshot.dump(self._result, self._context.course.turns)
            return self._waiting()
        if not isinstance(self._result.final_output, str) or not self._result.final_output.strip():
            return self._failed.of(ModelBehaviorError("the answer was empty"))
        return Completed(self._result.final_output, self._result.last_agent.name)

    def _cut(self, error: Exception) -> Completed | None:
        """What was said of an answer that was cut, with none of the calls that were half written; None for any other end."""
        end = bad_end(error)
        if end is None:
            return None
        if end.usage is not None:
            self.usage.add(end.usage)
        is_cut = end.why is ModelEnd.LENGTH or (end.why is ModelEnd.FILTER and bool(end.text.strip()))
        return Completed(end.text, self._result.last_agent.name, end.why) if is_cut else None

    def _waiting(self) -> Interrupted:
        calls = self._approved.pending(self._result.interruptions, self._context)
        return Interrupted(self._text, self._result.last_agent.name, calls)

    async def _forget_message(self) -> None:
        """Take a refused message out of the session; the SDK has stored it by now."""
        items = await self._session.get_items()
        if items and isinstance(items[-1], dict) and items[-1].get("role") == "user":  # pyright: ignore[reportUnnecessaryIsInstance]
            await self._session.pop_item()
