"""What is remembered of a long conversation moves on at the end of an answer, in the commit of its event.

A worker that dies before that has written nothing, and whoever takes over makes the notes anew; after it they are
there once. Until then, and where the cheap model fails, the old notes stand.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.agents.note_taker import Noted, NoteTaker
from bot.conversation.daily_use import DailyUse
from bot.conversation.handling import Handling
from bot.domain.errors import UnknownSchema
from bot.domain.memory import ITEMS_AT_ONCE, Memory, bounded, fingerprint, moved_start, told
from bot.domain.notes import plain
from bot.domain.run import Completed, Stopped
from bot.domain.tasks import end
from bot.domain.weight import beside, is_little
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)

#: Seconds that notes may take; what comes next in the thread waits for them.
PATIENCE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Remembering:
    """Keeps notes of what is above `most` tokens of a conversation."""

    threads: ThreadStore
    notes: NoteTaker
    daily_use: DailyUse
    most: int
    patience: float = PATIENCE

    async def move_on(self, h: Handling) -> None:
        """Let the commit of this event remember what a model needs no more read whole."""
        try:
            await self._move_on(h)
        except UnknownSchema:  # the answer is given: what cannot be read is found where it is needed
            log.warning("nothing is remembered: the conversation cannot be read")

    async def _move_on(self, h: Handling) -> None:
        if not isinstance(h.reply.outcome, Completed | Stopped) or h.state.approvals:
            return  # a run that waits or may be tried again goes on with what it has read
        stored, items = await h.session.before(), await h.session.get_items()
        before, memory = stored
        gone = await beside(is_little(items), moved_start, items, self.most)
        memory = memory or Memory("", 0, before, "", h.state.generation)
        if (not gone and memory.covered == memory.start) or _is_in_a_hurry(h):
            return
        if gone:
            start = before + gone
            memory = replace(memory, start=start, last=fingerprint(items[gone - 1]))
        elif not memory.last:
            [last] = await self.threads.conversations.items(h.thread, before - 1, 1)
            memory = replace(memory, last=fingerprint(last))
        h.session.remember(await self._noted(h, memory))

    async def _noted(self, h: Handling, memory: Memory) -> Memory:
        """The memory with notes of what none tell of yet, as much as is made into notes at once."""
        count = min(memory.start - memory.covered, ITEMS_AT_ONCE)
        items = await self.threads.conversations.items(h.thread, memory.covered, count)
        said, told_of = await asyncio.to_thread(told, items)
        noted = await _unless(h, lambda: self.notes.write(memory.notes, said), self.patience)
        if noted is None:
            return memory
        await self.daily_use.count(h, noted.tokens, of="notes")
        if not (notes := bounded(plain(noted.notes), self.most)):
            return memory  # none of it was words
        authors = tuple(dict.fromkeys((*memory.authors, *h.state.authors)))
        return replace(memory, notes=notes, covered=memory.covered + told_of, authors=authors)


def _is_in_a_hurry(h: Handling) -> bool:
    return h.interrupted.is_set() or h.leaving.is_set()


async def _unless(h: Handling, make: Callable[[], Awaitable[Noted | None]], seconds: float) -> Noted | None:
    """What is made in time; None if a stop or a reset comes first, or the replica leaves."""
    making: asyncio.Task[Any] = asyncio.ensure_future(make())
    others = [asyncio.create_task(event.wait()) for event in (h.interrupted, h.leaving)]
    try:
        await asyncio.wait([making, *others], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return making.result() if making.done() else None
    finally:
        for task in (making, *others):
            await end(task)
