"""What becomes of files: attached ones go into a run's workbench, results come out, the rest is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot import words
from bot.attachment import Attachment, FileLimits, choose, described
from bot.events import MessageReceived
from bot.handling import Handling
from bot.run import Completed, Failed, Outcome
from bot.sandbox.archive import Result, results
from bot.sandbox.backend import Backend
from bot.sandbox.workbench import Workbench
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

#: How many results are remembered as sent.
REMEMBERED: Final = 200
LIMITS: Final = FileLimits()


@dataclass(frozen=True, slots=True)
class Benches:
    """Makes workbenches; without a `backend` there are none, and attached files are left alone."""

    threads: ThreadStore
    backend: Backend | None
    fetch: Callable[[Attachment], Awaitable[bytes]]
    limits: FileLimits = LIMITS

    def open(self, h: Handling) -> Workbench | None:
        """Make the workbench of a run; its sandbox opens when an agent needs it."""
        if self.backend is None:
            return None

        async def load() -> bytes | None:
            return await self.threads.workspace(h.thread)

        return Workbench(self.backend, str(h.thread), load=load, fetch=self.fetch, inputs=h.state.attached)

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
        h.remarks += bench.remarks
        bench.remarks.clear()
        if bench.is_new and bench.archive is not None:
            bench.is_new = False
            sealed = await self.threads.sealed_workspace(bench.archive)
            h.with_next(Writes().workspace(sealed), attached=tuple(bench.inputs))

    async def keep(self, h: Handling, bench: Workbench | None, outcome: Outcome) -> None:
        """Let the save of a run's end write its workspace, and name the results to be sent.

        A run that failed goes on from its last checkpoint, and the workspace stays at that one.
        """
        if bench is None or isinstance(outcome, Failed):
            return
        bench.close()
        await self.checkpoint(h, bench)
        if isinstance(outcome, Completed) and bench.archive is not None:
            new = [one for one in results(bench.archive) if one.mark not in h.state.sent]
            h.results = tuple(one.mark for one in self._sendable(h, new))

    def _sendable(self, h: Handling, new: list[Result]) -> list[Result]:
        chosen: list[Result] = []
        for one in new:
            if not one.size:
                h.remarks.append(words.not_sent(one.name, "it is empty"))
            elif one.size > self.limits.each:
                h.remarks.append(words.not_sent(one.name, "it is too large"))
            elif len(chosen) == self.limits.count:
                h.remarks.append(words.not_sent(one.name, f"{self.limits.count} files are the most at once"))
            else:
                chosen.append(one)
        return chosen


def remembered(h: Handling, marks: tuple[str, ...]) -> tuple[str, ...]:
    """The marks of what was sent, with these; the oldest are forgotten."""
    return (*h.state.sent, *marks)[-REMEMBERED:]
