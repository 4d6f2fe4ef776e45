"""What becomes of files: attached ones go into a run's workspace, results come out, the rest is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.attachment import Attachment, FileLimits, choose, described
from bot.domain.errors import UnknownSchema, WorkspaceNotKept
from bot.domain.events import MessageReceived
from bot.domain.kept_workspace import Kept
from bot.domain.run import Completed, Failed, Interrupted, Outcome
from bot.sandbox.archive import Result
from bot.sandbox.backend import Backend
from bot.sandbox.workspace import Workspace
from bot.store.workspaces import Workspaces
from bot.store.writes import Writes

LIMITS: Final = FileLimits()
#: How many files of `out/` are looked at; each is remembered with the thread.
MOST_RESULTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class RunWorkspaces:
    """Makes the workspaces of runs; without a `backend` there are none, and attached files are left alone."""

    workspaces: Workspaces
    backend: Backend | None
    fetch: Callable[[Attachment], Awaitable[bytes]]
    limits: FileLimits = LIMITS

    def open(self, h: Handling) -> Workspace | None:
        """Make the workspace of a run; its sandbox opens when an agent needs it."""
        if self.backend is None:
            return None

        async def load(kept: Kept | None) -> bytes:
            return await self.workspaces.load(h.thread, kept)

        async def stage(archive: bytes) -> Kept:
            return await self.workspaces.stage(h.thread, archive)

        inputs = h.state.attached
        return Workspace(self.backend, str(h.thread), load=load, stage=stage, fetch=self.fetch, inputs=inputs)

    async def authors(self, h: Handling) -> tuple[str, ...]:
        """All whose words went into the files that a run of this thread has; one that cannot be read is not opened."""
        with contextlib.suppress(UnknownSchema):
            return await self.workspaces.authors(h.thread) or ()
        return ()

    def said(self, message: MessageReceived) -> str:
        """What a model is to read: the person's words, and what came with them."""
        taken = self.taken(message)
        return f"{message.whole}\n\n{described(taken)}".strip() if taken else message.whole

    def taken(self, message: MessageReceived) -> tuple[Attachment, ...]:
        """The files of a message that are taken in."""
        return tuple(choose(message.files, self.limits)[0]) if self.backend else ()

    def refused(self, message: MessageReceived) -> list[str]:
        """A sentence for each file of a message that is not; those of earlier messages nobody sent to the bot."""
        sent = [one for one in message.files if not one.is_earlier]
        if self.backend is None:
            return [sentences.NO_FILES] if sent else []
        return choose(sent, self.limits)[1]

    async def checkpoint(self, h: Handling, workspace: Workspace | None) -> None:
        """Let the next save write the workspace as well, if it has changed."""
        if workspace is None:
            return
        self._overhear(h, workspace)
        if writes := self._packed(h, workspace):
            h.with_next(writes)
        if tuple(workspace.inputs) != h.state.attached:
            h.with_next(Writes(), attached=tuple(workspace.inputs))

    async def packed(self, h: Handling, workspace: Workspace | None) -> Writes:
        """What an approved command has made, to be written with the note that it is done.

        Without it, a crash before the next checkpoint would leave the note alone.
        """
        return Writes() if workspace is None else self._packed(h, workspace) or Writes()

    async def keep(self, h: Handling, workspace: Workspace | None, outcome: Outcome) -> None:
        """Let the save of a run's end write its workspace, and name the results to be sent.

        A run that failed goes on from its last checkpoint, and the workspace stays at that one.
        Raises `WorkspaceNotKept` for a run that would go on ahead of its workspace.
        """
        if workspace is None:
            return
        self._overhear(h, workspace)
        if isinstance(outcome, Failed):
            return
        if workspace.is_dirty and isinstance(outcome, Interrupted):
            raise WorkspaceNotKept
        if workspace.is_dirty:
            h.remarks.append(sentences.NOT_KEPT)
        await self.checkpoint(h, workspace)
        if isinstance(outcome, Completed) and workspace.results is not None:
            self._choose(h, workspace.results)

    def _packed(self, h: Handling, workspace: Workspace) -> Writes | None:
        if not workspace.is_new or workspace.kept is None:
            return None
        workspace.is_new = False
        return Writes().workspace(replace(workspace.kept, authors=h.state.authors))

    def _overhear(self, h: Handling, workspace: Workspace) -> None:
        h.remarks += workspace.remarks
        workspace.remarks.clear()

    def _choose(self, h: Handling, found: Sequence[Result]) -> None:
        """Name the results that the thread does not have yet; each that cannot be sent is said once."""
        if len(found) > MOST_RESULTS:
            h.remarks.append(sentences.too_many_results(len(found), MOST_RESULTS))
            found = found[:MOST_RESULTS]
        there = {one.mark for one in found}
        kept = tuple(mark for mark in h.state.sent if mark in there)
        new = [one for one in found if one.mark not in kept]
        refused: dict[str, list[str]] = {}
        chosen: list[Result] = []
        for one in new:
            if why := self._wrong(one, chosen):
                refused.setdefault(why, []).append(one.name)
            else:
                chosen.append(one)
        h.remarks += [sentences.not_sent(names, why) for why, names in refused.items()]
        h.results = tuple(one.mark for one in chosen)
        said = tuple(one.mark for one in new if one not in chosen)
        h.with_next(Writes(), sent=(*kept, *said))

    def _wrong(self, one: Result, chosen: list[Result]) -> str:
        if not one.size:
            return "there is nothing in it"
        if one.size > self.limits.each:
            return "it is too large"
        return f"{self.limits.count} files are the most at once" if len(chosen) == self.limits.count else ""
