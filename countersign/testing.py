"""Tests of a team without Slack, Redis or a model: its tools are called through the real runner of the SDK.

async with Rehearsal(team()) as stage:
    call = await stage.calls("pay_bonus", person="U0ANA00001", amount="500.00")
    assert call.waits_for == {"payroll": 1}
    assert (await stage.approves(call)).result == "Paid."
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from agents import ModelSettings
from agents.memory import SQLiteSession
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call

from bot.agents.attempt import Attempt
from bot.agents.context import Permit, RunContext
from bot.agents.engine import Engine, Limits
from bot.agents.guardrail import Guard
from bot.agents.handoffs import Kit, Member, Voice
from bot.agents.models import ModelSpec
from bot.agents.run_in_progress import RunInProgress
from bot.agents.team import Team
from bot.agents.tool_result import Result
from bot.agents.tools.preview import looked
from bot.domain.approvals.approval import digest
from bot.domain.approvals.asker import MEMBER
from bot.domain.approvals.condition import Call
from bot.domain.approvals.preview import Preview
from bot.domain.run import Interrupted, PendingCall
from bot.domain.thread import ThreadRef

_CALL: Final = "call_1"
_NOW: Final = datetime.fromtimestamp(1_700_000_000, UTC)
_UNUSED: Final = ModelSpec("openai", "rehearsal")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A call of a tool: for whom it waits (role → how many people), or what the tool told the model.

    `key` is the idempotency key that its body got; empty for a tool about which nobody is ever asked. `preview` is what
    people are shown of it; one with a problem waits for nobody.
    """

    tool: str
    arguments: Mapping[str, Any]
    waits_for: Mapping[str, int]
    result: str = ""
    key: str = ""
    preview: Preview | None = None


class Rehearsal:
    """A team with its real services, tools and policies, and nothing else around it.

    `requester` and `channel` are the Slack ids that policies see; the requester is a member of the workspace, and no
    call was made before.
    """

    def __init__(
        self, team: Team[Any], *, requester: str = "U0REQUEST1", channel: str = "C0REHEARSE"
    ) -> None:
        self._team = team
        self._requester = requester
        self._thread = ThreadRef("T0REHEARSE", channel, "1700000000.000100")
        self._services: Any = None
        self._stack = AsyncExitStack()
        self._saved: dict[str, tuple[Engine, bytes, SQLiteSession, PendingCall]] = {}

    async def __aenter__(self) -> Self:
        self._services = await self._stack.enter_async_context(self._team.services())
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._stack.aclose()

    async def calls(self, tool: str, **arguments: Any) -> Rehearsed:
        """Let the model call a tool. Where nobody has to be asked it runs at once, as in the bot.

        Raises `KeyError` for a tool that nobody in the team has.
        """
        session = SQLiteSession(f"{tool} {len(self._saved)}")
        self._stack.callback(session.close)
        steps = [
            ModelStep(output=[function_call(tool, arguments, call_id=_CALL)]),
            *[_said("That was all.")] * 2,
        ]
        engine, agent = self._engine(steps), self._owner(tool)
        context = self._context({}, _Journal())
        run = engine.run("rehearse", agent=agent, session=session, context=context, checkpoint=_nothing)
        return await self._ended(engine, run, session, Rehearsed(tool, arguments, {}))

    async def approves(self, call: Rehearsed) -> Rehearsed:
        """Let the call that waits run, as if everybody had agreed."""
        return await self._resumed(call, decision=True)

    async def rejects(self, call: Rehearsed, reason: str) -> Rehearsed:
        """Turn the call that waits away; the result is what the model is told."""
        return await self._resumed(call, decision=reason)

    async def _resumed(self, call: Rehearsed, *, decision: bool | str) -> Rehearsed:
        engine, saved, session, waits = self._saved.pop(call.tool)
        permit = Permit(waits.tool, waits.asked_digest, waits.arguments)
        permits = {_CALL: permit} if decision is True else {}
        journal = _Journal()
        run = engine.resume(
            await engine.saved(saved),
            decisions={_CALL: decision},
            session=session,
            context=self._context(permits, journal),
            checkpoint=_nothing,
        )
        return await self._ended(engine, run, session, call, journal)

    async def _ended(
        self,
        engine: Engine,
        run: RunInProgress,
        session: SQLiteSession,
        call: Rehearsed,
        journal: _Journal | None = None,
    ) -> Rehearsed:
        async for _ in run:
            pass
        if isinstance(run.outcome, Interrupted) and run.snapshot is not None:
            (waits,) = run.outcome.calls
            self._saved[call.tool] = (engine, run.snapshot, session, waits)
            needs = waits.requirements
            shown = json.loads(waits.arguments)
            waiting = Rehearsed(call.tool, shown, {one.role: one.quorum for one in needs})
            return await self._asked(engine, waiting) if needs else await self.approves(waiting)
        results = await _results(session)
        return replace(
            call,
            waits_for={},
            result=results[-1] if results else "",
            key=journal.key if journal else "",
        )

    async def _asked(self, engine: Engine, waiting: Rehearsed) -> Rehearsed:
        """Look at what people would be shown, as the bot does before it asks them."""
        looks_ahead = engine.tools.named(waiting.tool).preview
        if looks_ahead is None:
            return waiting
        call = Call(waiting.tool, waiting.arguments, self._requester, self._thread.channel)
        seen = replace(waiting, preview=await looked(looks_ahead, self._services, call))
        if seen.preview and seen.preview.problem:
            return await self.rejects(seen, seen.preview.problem)
        return seen

    def _engine(self, steps: list[ModelStep]) -> Engine:
        voice = Voice(ScriptedModel(steps), ModelSettings())
        members = [Member(one, voice) for one in self._team.specialists if not one.sandbox]
        guard = Guard(ScriptedModel([_said('{"label": "ok", "reason": ""}')]), _UNUSED, failure="open")
        return Engine(
            Kit(voice, members, self._team.approved), guard, Limits(10, 24_000), token=lambda: "rehearsal"
        )

    def _owner(self, tool: str) -> str:
        for one in self._team.specialists:
            if tool in {own.tool.name for own in one.approved} | {own.name for own in one.plain}:
                return one.name
        raise KeyError(f"nobody in the team {self._team.name} has a tool called {tool}")

    def _context(self, permits: Mapping[str, Permit], journal: _Journal) -> RunContext[Any]:
        return RunContext(
            self._thread,
            self._requester,
            self._services,
            journal,
            permits,
            asker=MEMBER,
            earlier=(),
            now=_NOW,
        )


class _Journal:
    """Runs each effect, and remembers its key; there is nothing that it could survive."""

    def __init__(self) -> None:
        self.key = ""

    async def run(
        self,
        call_id: str,
        permit: Permit,
        effect: Callable[[Attempt], Awaitable[Result]],
        ready: Callable[[], Awaitable[None]],
    ) -> Result:
        await ready()
        self.key = digest(permit.tool, permit.arguments)
        return await effect(Attempt(self.key))


def _said(text: str) -> ModelStep:
    return ModelStep(output=[assistant_message(text)])


async def _nothing(saved: bytes) -> None:
    del saved


async def _results(session: SQLiteSession) -> list[str]:
    """What tools told the model, in order."""
    items: list[Any] = list(await session.get_items())
    outputs = [item["output"] for item in items if item.get("type") == "function_call_output"]
    return [output if isinstance(output, str) else json.dumps(output) for output in outputs]
