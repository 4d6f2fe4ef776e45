"""A conversation with a real team on the real runner, its agents speaking with the demo's model."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from agents import Model, ModelSettings
from agents.memory import SQLiteSession

from bot.agents.attempt import Attempt
from bot.agents.context import Permit, RunContext
from bot.agents.engine import Engine, Limits
from bot.agents.guardrail import Guard
from bot.agents.handoffs import Kit, Member, Voice
from bot.agents.models import ModelSpec
from bot.agents.progress import TextDelta
from bot.agents.run_in_progress import RunInProgress
from bot.agents.team import Team
from bot.agents.tool_result import Result
from bot.domain.approvals.approval import digest
from bot.domain.run import Completed, Interrupted, PendingCall
from bot.domain.thread import ThreadRef


class Journal:
    """Runs each effect."""

    async def run(self, call_id: str, permit: Permit, effect: Any, ready: Any) -> Result:
        await ready()
        return await effect(Attempt(f"{call_id} {digest(permit.tool, permit.arguments)}"))


async def nothing(saved: bytes) -> None:
    del saved


class TeamTalk:
    """Says things to a team in one thread. `text` is all that it answered last, of every agent."""

    def __init__(self, team: Team[Any], model: Model) -> None:
        voice = Voice(model, ModelSettings())
        members = [Member(one, voice) for one in team.specialists]
        guard = Guard(model, ModelSpec("openai", "any"), failure="open")
        self._engine = Engine(
            Kit(voice, members, team.approved), guard, Limits(12, 24_000), token=lambda: "t"
        )
        self._team = team
        self._session = SQLiteSession(secrets.token_hex(4))
        self._agent: str | None = None
        self._saved = b""
        self._services = team.services()
        self._open: Any = None
        self.text = ""
        self.waits: tuple[PendingCall, ...] = ()

    async def __aenter__(self) -> Self:
        self._open = await self._services.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._services.__aexit__(kind, error, trace)
        self._session.close()

    async def says(self, text: str) -> str:
        """Say something; calls that wait for people are left waiting."""
        run = self._engine.run(
            text,
            agent=self._agent,
            session=self._session,
            context=self._context({}),
            checkpoint=nothing,
        )
        self.text = ""
        return await self._ended(run)

    async def decide(self, decision: bool | str = True) -> str:
        """Decide all that waits: True approves, a text is what the model is told of a rejection."""
        calls = self.waits
        permits = {call.call_id: Permit(call.tool, call.asked_digest, call.arguments) for call in calls}
        run = self._engine.resume(
            await self._engine.saved(self._saved),
            decisions=dict.fromkeys(permits, decision),
            session=self._session,
            context=self._context(permits),
            checkpoint=nothing,
        )
        return await self._ended(run)

    async def _ended(self, run: RunInProgress) -> str:
        async for event in run:
            if isinstance(event, TextDelta):
                self.text += event.text
        match run.outcome:
            case Interrupted():
                self._saved, self.waits = run.snapshot or b"", run.outcome.calls
            case Completed():
                self._agent, self.waits = run.outcome.agent, ()
            case other:
                raise AssertionError(other)
        return self.text

    def _context(self, permits: Mapping[str, Permit]) -> RunContext[Any]:
        return RunContext(
            ThreadRef("T0TALK", "C0TALK", "1700000000.000100"), "U0ANA00001", self._open, Journal(), permits
        )
