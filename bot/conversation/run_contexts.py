"""What tools get to see of the thread they work for, and the journal that their effects go through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.agents.context import Permit, RunContext
from bot.agents.progress import CommandStep, Progress
from bot.conversation.handling import Handling
from bot.conversation.journal import Journal
from bot.conversation.judging import Judging
from bot.conversation.live_progress import show_command
from bot.conversation.made_before import MadeBefore
from bot.conversation.run_workspaces import RunWorkspaces
from bot.domain.errors import UnknownSchema
from bot.domain.masking import Masks
from bot.sandbox.workspace import Workspace
from bot.store.threads import ThreadStore


@dataclass(frozen=True, slots=True)
class RunContexts:
    """Makes them for each start of a run; `of_team` is what the tools of the team share."""

    threads: ThreadStore
    run_workspaces: RunWorkspaces
    judging: Judging
    made_before: MadeBefore
    of_team: Any
    masks: Masks
    now: Callable[[], datetime]

    def of(self, h: Handling, permits: Mapping[str, Permit]) -> tuple[RunContext, Journal]:
        """The context of a run whose calls have these permits. Raises `UnknownSchema` where nobody asked for it."""
        if not h.state.authors:
            raise UnknownSchema("nobody is on record as the one who asked")
        workspace = self.run_workspaces.open(h)

        def show(step: Progress) -> None:
            if h.stream is not None and isinstance(step, CommandStep):
                show_command(h.stream, step)

        journal = self.journal(h, workspace)
        context = RunContext(
            thread=h.thread,
            requester=h.state.authors[0],
            services=self.of_team,
            journal=journal,
            permits=permits,
            workspace=workspace,
            show=show,
            faults=workspace.faults if workspace else [],
            masks=self.masks.beside(h.state.words),
        )
        return context, journal

    def journal(self, h: Handling, workspace: Workspace | None = None) -> Journal:
        """The journal of the run's effects."""
        packed, known = self.run_workspaces.packed, (self.judging.counting(h), self.made_before.under(h))
        return Journal(h, self.threads, self.now, lambda: packed(h, workspace), *known)
