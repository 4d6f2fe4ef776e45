"""The SDK's session of a thread, held back until a fenced script writes it.

The stock Redis session writes during the run, so a killed run that is run again would find its
own message and tool calls in the history, twice. Of a long one only the end is read: the beginning is remembered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.errors import UnknownSchema
from bot.domain.memory import Memory, Opening

if TYPE_CHECKING:
    from agents import TResponseInputItem
    from agents.memory.session_settings import SessionSettings


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a session: its items, how many stand before them, and the memory of those.

    `is_void` says that there is a memory that is of something else, and has to go.
    """

    items: list[Any]
    before: int = 0
    memory: Memory | None = None
    is_void: bool = False


Load = Callable[[], Awaitable[Tail]]


class StagedSession:
    """Implements the SDK's `Session`: reads its end once, stages what the run adds or takes away."""

    def __init__(self, session_id: str, load: Load) -> None:
        self.session_id = session_id
        self.session_settings: SessionSettings | None = None
        self.cleared = False
        #: How many stored items at the end are to be dropped.
        self.dropped = 0
        #: Items to be added.
        self.staged: list[Any] = []
        #: A memory to be written, and whether the stored one is to be dropped.
        self.remembered: Memory | None = None
        self.forgets = False
        self._load = load
        self._tail: Tail | None = None

    @property
    def changed(self) -> bool:
        """Whether anything is staged."""
        return self.cleared or bool(self.dropped or self.staged)

    @property
    def kept(self) -> int:
        """How many of the stored items stay; raises `RuntimeError` before the session was read."""
        if self._tail is None:
            raise RuntimeError("the session was not read, so what is stored cannot be cut to a length")
        return self._tail.before + len(self._tail.items) - self.dropped

    async def is_readable(self) -> bool:
        """Whether this release can read what is stored."""
        try:
            await self._kept()
        except UnknownSchema:
            return False
        return True

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return what is read whole of the conversation, oldest first; with a limit the latest of it."""
        items = [*await self._kept(), *self.staged]
        return items if limit is None else items[-limit:] if limit > 0 else []

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Stage items behind the others."""
        await self._kept()  # `kept` must be known when this is written
        self.staged.extend(items)

    async def pop_item(self) -> TResponseInputItem | None:
        """Take the latest item away and return it."""
        if self.staged:
            return self.staged.pop()
        kept = await self._kept()
        if not kept:
            return None
        self.dropped += 1
        return kept[-1]

    async def clear_session(self) -> None:
        """Take everything away, and remember nothing of it."""
        self.cleared, self.dropped, self.staged, self._tail = True, 0, [], Tail([])
        self.remembered, self.forgets = None, True

    async def opening(self) -> Opening:
        """What stands before these items."""
        tail = await self._read()
        items, memory = await self.get_items(), tail.memory
        first = items[0] if items else None
        if memory is None:
            return Opening(is_all=not tail.before, first=first)
        return Opening(memory.notes, memory.covered == memory.start, first)

    async def authors(self) -> tuple[str, ...]:
        """All whose words may be in the notes of what stands before these items."""
        memory = (await self._read()).memory
        return memory.authors if memory else ()

    async def before(self) -> tuple[int, Memory | None]:
        """How many items are stored before those that are read, and what is remembered of them."""
        tail = await self._read()
        return tail.before, tail.memory

    def remember(self, memory: Memory) -> None:
        """Stage a memory. It counts from the next reading on: this run goes on with what it has."""
        self.remembered, self.forgets = memory, False

    def mark_saved(self) -> None:
        """Take what was staged for stored: the script that wrote it has succeeded."""
        if self._tail is not None:
            items = self._tail.items
            items = [*items[: len(items) - self.dropped], *self.staged]
            self._tail = Tail(items, self._tail.before, self._tail.memory)
        self._unstage()

    def read_anew(self) -> None:
        """Read the stored items again when they are asked for: they were changed beside this."""
        self._tail = None

    def discard(self) -> None:
        """Forget what was staged since the last save."""
        if self.cleared:
            self._tail = None
        self._unstage()
        self.forgets = self._tail is not None and self._tail.is_void

    def _unstage(self) -> None:
        self.cleared, self.dropped, self.staged = False, 0, []
        self.remembered, self.forgets = None, False

    async def _kept(self) -> list[Any]:
        tail = await self._read()
        return tail.items[: len(tail.items) - self.dropped]

    async def _read(self) -> Tail:
        if self._tail is None:
            self._tail = await self._load()
            self.forgets = self.forgets or self._tail.is_void
        return self._tail
