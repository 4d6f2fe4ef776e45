"""What becomes of files: attached ones go into a run's workbench, results come out, the rest is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot import words
from bot.attachment import Attachment, FileLimits, choose, described
from bot.errors import WorkspaceNotKept
from bot.events import MessageReceived
from bot.handling import Handling
from bot.run import Completed, Failed, Interrupted, Kept, Outcome
from bot.sandbox.archive import Result
from bot.sandbox.backend import Backend
from bot.sandbox.workbench import Workbench
from bot.store.workspaces import Workspaces
from bot.store.writes import Writes

LIMITS: Final = FileLimits()
#: How many files of `out/` are looked at; each is remembered with the thread.
MOST_RESULTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Benches:
    """Makes workbenches; without a `backend` there are none, and attached files are left alone."""

    workspaces: Workspaces
    backend: Backend | None
    fetch: Callable[[Attachment], Awaitable[bytes]]
    limits: FileLimits = LIMITS

    def open(self, h: Handling) -> Workbench | None:
        """Make the workbench of a run; its sandbox opens when an agent needs it."""
        if self.backend is None:
            return None

        async def load(kept: Kept | None) -> bytes:
            return await self.workspaces.load(h.thread, kept)

        async def stage(archive: bytes) -> Kept:
            return await self.workspaces.stage(h.thread, archive)

        inputs = h.state.attached
        return Workbench(self.backend, str(h.thread), load=load, stage=stage, fetch=self.fetch, inputs=inputs)

    def said(self, message: MessageReceived) -> str:
        """What a model is to read: the person's words, and what came with them."""
        taken = self.taken(message)
        return f"{message.text}\n\n{described(taken)}".strip() if taken else message.text

    def taken(self, message: MessageReceived) -> tuple[Attachment, ...]:
        """The files of a message that are taken in."""
        return tuple(choose(message.files, self.limits)[0]) if self.backend else ()

    def refused(self, message: MessageReceived) -> list[str]:
        """A sentence for each file of a message that is not."""
        if self.backend is None:
            return [words.NO_FILES] if message.files else []
        return choose(message.files, self.limits)[1]

    async def checkpoint(self, h: Handling, bench: Workbench | None) -> None:
        """Let the next save write the workspace as well, if it has changed."""
        if bench is None:
            return
        self._overhear(h, bench)
        if writes := self._packed(bench):
            h.with_next(writes)
        if tuple(bench.inputs) != h.state.attached:
            h.with_next(Writes(), attached=tuple(bench.inputs))

    async def packed(self, bench: Workbench | None) -> Writes:
        """What an approved command has made, to be written with the note that it is done.

        Without it, a crash before the next checkpoint would leave the note alone.
        """
        return Writes() if bench is None else self._packed(bench) or Writes()

    async def keep(self, h: Handling, bench: Workbench | None, outcome: Outcome) -> None:
        """Let the save of a run's end write its workspace, and name the results to be sent.

        A run that failed goes on from its last checkpoint, and the workspace stays at that one.
        Raises `WorkspaceNotKept` for a run that would go on ahead of its workspace.
        """
        if bench is None:
            return
        self._overhear(h, bench)
        if isinstance(outcome, Failed):
            return
        if bench.is_dirty and isinstance(outcome, Interrupted):
            raise WorkspaceNotKept
        if bench.is_dirty:
            h.remarks.append(words.NOT_KEPT)
        await self.checkpoint(h, bench)
        if isinstance(outcome, Completed) and bench.results is not None:
            self._choose(h, bench.results)

    def _packed(self, bench: Workbench) -> Writes | None:
        if not bench.is_new or bench.kept is None:
            return None
        bench.is_new = False
        return Writes().workspace(bench.kept)

    def _overhear(self, h: Handling, bench: Workbench) -> None:
        h.remarks += bench.remarks
        bench.remarks.clear()

    def _choose(self, h: Handling, found: Sequence[Result]) -> None:
        """Name the results that the thread does not have yet; each that cannot be sent is said once."""
        if len(found) > MOST_RESULTS:
            h.remarks.append(words.too_many_results(len(found), MOST_RESULTS))
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
        h.remarks += [words.not_sent(names, why) for why, names in refused.items()]
        h.results = tuple(one.mark for one in chosen)
        said = tuple(one.mark for one in new if one not in chosen)
        h.with_next(Writes(), sent=(*kept, *said))

    def _wrong(self, one: Result, chosen: list[Result]) -> str:
        if not one.size:
            return "there is nothing in it"
        if one.size > self.limits.each:
            return "it is too large"
        return f"{self.limits.count} files are the most at once" if len(chosen) == self.limits.count else ""
