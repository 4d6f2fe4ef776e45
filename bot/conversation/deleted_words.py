"""A message that a model has read is deleted: its words go from what the thread's models read from now on.

What the bot itself has said of it stays, in Slack as well. All is written in one fenced script, before anything goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.agents import snapshot
from bot.conversation.handling import Handling
from bot.domain.events import message_id, origin
from bot.domain.item_kinds import Item
from bot.domain.memory import Memory, fingerprint
from bot.domain.overheard import without
from bot.domain.read_words import Place, taken_out
from bot.domain.replaced_texts import replaced
from bot.domain.run import ThreadState, Unanswered
from bot.store.threads import ThreadStore
from bot.store.words_read import items_are, reads, reads_no_more
from bot.store.writes import Writes


@dataclass(frozen=True, slots=True)
class DeletedWords:
    """Takes them out of the conversation, its notes, and the run that waits."""

    threads: ThreadStore

    async def take_out(self, h: Handling, ts: str) -> None:
        """Take out the words of a message; what is not known to be in there stays as it is."""
        h.state = _without(h, ts)
        known = await self.threads.conversations.words(h.thread)
        texts = {of: places for of, places in known.items() if any(one.ts == ts for one in places)}
        if not texts:
            return
        out = _TakingOut(ts, texts)
        changed = await self._items(h, out)
        run = await self.threads.run(h.thread)
        anew = run and await asyncio.to_thread(snapshot.with_texts, run, out.of)
        writes = Writes().what(reads_no_more([*texts])).what(items_are(changed))
        for text, places in out.texts.items():
            writes.what(reads(text, places))
        await self._remember(h, changed)
        await h.save(writes=writes.run(anew) if anew else writes)
        h.session.read_anew()

    async def _items(self, h: Handling, out: _TakingOut) -> dict[int, Item]:
        """The items that are others then, by where they stand."""
        items = await self.threads.conversations.items(h.thread, 0)
        anew = await asyncio.to_thread(lambda: [replaced(item, out.of) for item in items])
        return {at: new for at, (item, new) in enumerate(zip(items, anew, strict=True)) if new != item}

    async def _remember(self, h: Handling, changed: Mapping[int, Item]) -> None:
        """Notes that may tell of it go: the next answer makes them anew, of what is left."""
        _, memory = await h.session.before()
        if memory is None or not any(at < memory.start for at in changed):
            return
        h.session.remember(_anew(memory, changed))


@dataclass(slots=True)
class _TakingOut:
    """Takes a message's words out of texts, and knows which came of it."""

    ts: str
    places: Mapping[str, Sequence[Place]]
    texts: dict[str, tuple[Place, ...]] = field(default_factory=dict[str, tuple[Place, ...]])

    def of(self, text: str) -> str:
        places = self.places.get(fingerprint(text))
        if places is None:
            return text
        anew, left = taken_out(text, places, self.ts)
        self.texts[anew] = left
        return anew


def _anew(memory: Memory, changed: Mapping[int, Item]) -> Memory:
    last = changed.get(memory.start - 1)
    memory = replace(memory, last=fingerprint(last)) if last is not None else memory
    is_told = any(at < memory.covered for at in changed)
    return replace(memory, notes="", covered=0) if is_told else memory


def _without(h: Handling, ts: str) -> ThreadState:
    """The thread's row without the words."""
    state = h.state
    began = origin(state.run_id) == message_id(h.thread.channel, ts)
    return replace(
        state,
        overheard=without(state.overheard, [ts]),
        recalled=without(state.recalled, [ts]),
        reworded=tuple(one for one in state.reworded if one.ts != ts),
        words="" if began else state.words,
        failed=_failed(state, ts),
    )


def _failed(state: ThreadState, ts: str) -> Unanswered | None:
    """What a Retry would do: nothing with these words, but a run that people have decided on can go on."""
    failed = state.failed
    if failed is None or failed.message is None or failed.message.ts != ts:
        return failed
    return None if failed.joining or not state.approvals else replace(failed, message=None)
