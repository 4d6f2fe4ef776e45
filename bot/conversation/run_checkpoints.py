"""Where a run is saved while it works, and what may come between two of its steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.agents.context import RunContext
from bot.conversation.escalations import Escalations
from bot.conversation.handling import Handling
from bot.conversation.journal import Journal
from bot.conversation.run_workspaces import RunWorkspaces
from bot.conversation.steering import Steering
from bot.domain.errors import HandedOver, TakenIn
from bot.store.writes import Writes


@dataclass(frozen=True, slots=True)
class RunCheckpoints:
    """Makes the checkpoint of a run."""

    run_workspaces: RunWorkspaces
    steering: Steering
    escalations: Escalations

    def of(self, h: Handling, context: RunContext, journal: Journal) -> Callable[[bytes], Awaitable[None]]:
        """Save the run, with a message that it takes in; raises `HandedOver` and `TakenIn` once that is done.

        The second also where it is to go on with other models.
        """
        before = h.state.effects

        async def checkpoint(snapshot: bytes) -> None:
            await self.run_workspaces.checkpoint(h, context.workspace)
            writes, made = journal.behind()
            is_raised, joined = self.escalations.stepped(h, context.course), None
            # From here on the run is past its approvals: a crash resumes behind them.
            past: dict[str, Any] = {"approvals": (), "effects": (*before, *made), "let_go": ()}
            alone = Writes().add(writes).run(snapshot)
            # Whether a message waits is looked at by the script that writes.
            if not (self.steering.looks(h) and await h.save_alone(alone, **past)):
                joined = await self.steering.join(h, snapshot)
                await h.save(writes=writes.run(snapshot if joined is None else joined), **past)
            if h.leaving.is_set():
                raise HandedOver
            if joined is not None or is_raised:
                raise TakenIn

        return checkpoint
