"""A run is saved before each of its model calls, but for a fresh run's first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from agents import Agent, MaxTurnsExceeded, RunContextWrapper, RunHooks, Tool, TResponseInputItem
from agents.result import RunResultStreaming
from agents.tool_context import ToolContext

from bot.agents import snapshot
from bot.agents.context import RunContext
from bot.agents.course import Course
from bot.agents.tool_result import ending_of
from bot.domain.errors import OutcomeUnknown

Checkpoint = Callable[[bytes], Awaitable[None]]


class Checkpoints(RunHooks[RunContext]):
    """Checkpoints before every model call but a fresh run's first.

    By then the SDK has put the finished turn into the session, so state and session agree. A
    fresh run's first call comes before the message itself is stored there.
    """

    def __init__(
        self, checkpoint: Checkpoint, *, first: bool, turns: Mapping[str, int] | None = None
    ) -> None:
        self._checkpoint = checkpoint
        #: How many turns an agent may take in a run, where it has a limit of its own.
        self._turns = turns or {}
        self._due = first
        self._is_saved = False
        self._result: RunResultStreaming | None = None
        self._context: RunContext | None = None

    def watch(self, result: RunResultStreaming, context: RunContext) -> None:
        """Name the run; its loop has not begun yet."""
        self._result = result
        self._context = context

    def has_saved(self) -> bool:
        """Whether the run was saved, so that it can be gone on with from there."""
        return self._is_saved

    async def on_tool_start(
        self, context: RunContextWrapper[RunContext], agent: Agent[RunContext], tool: Tool
    ) -> None:
        """Note that an open sandbox may change: files are also patched, not by commands alone."""
        if self._context is not None and self._context.workspace is not None:
            self._context.workspace.touched()

    async def on_tool_end(
        self, context: RunContextWrapper[RunContext], agent: Agent[RunContext], tool: Tool, result: object
    ) -> None:
        """Note what became of a call that ran; one that did not even begin has no note."""
        if self._context is not None and isinstance(context, ToolContext):
            self._context.endings.setdefault(context.tool_call_id, ending_of(str(result), tool))

    async def on_llm_start(
        self,
        context: RunContextWrapper[RunContext],
        agent: Agent[RunContext],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        """Save where the run stands, unless one of its calls broke off: then nobody asks on.

        Raises `MaxTurnsExceeded` where the agent has taken all the turns that it may.
        """
        if self._context is not None:
            self._context.course.agent = agent.name
        if self._context is not None and self._context.unsure:
            raise OutcomeUnknown
        if self._context is not None and self._context.workspace is not None:
            # Packed first: a run that is saved ahead of its workspace would believe in files that are gone.
            await self._context.workspace.prepare()
            await self._context.workspace.pack()
        if self._due and self._result is not None and self._context is not None:
            try:
                await self._checkpoint(snapshot.dump(self._result, self._context.course.turns))
                self._is_saved = True
            except Exception as error:
                self._context.faults.append(error)
                raise
        self._due = True
        if self._context is not None:
            self._count(self._context.course, agent.name)

    def _count(self, course: Course, agent: str) -> None:
        """Note another turn of an agent."""
        if course.turns[agent] >= self._turns.get(agent, course.turns[agent] + 1):
            raise MaxTurnsExceeded(f"{agent} has taken {course.turns[agent]} turns")
        course.turns[agent] += 1
