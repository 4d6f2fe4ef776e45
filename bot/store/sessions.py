"""The SDK's session of a thread, held back until a fenced script writes it.

The stock Redis session writes during the run, so a killed run that is run again would find its
own message and tool calls in the history, twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents import TResponseInputItem
    from agents.memory.session_settings import SessionSettings

Load = Callable[[], Awaitable[list[Any]]]


class StagedSession:
    """Implements the SDK's `Session`: reads once, stages what the run adds or takes away."""

    def __init__(self, session_id: str, load: Load) -> None:
        self.session_id = session_id
        self.session_settings: SessionSettings | None = None
        self.cleared = False
        #: How many stored items at the end are to be dropped.
        self.dropped = 0
        #: Items to be added.
        self.staged: list[Any] = []
        self._load = load
        self._stored: list[Any] | None = None

    @property
    def changed(self) -> bool:
        """Whether anything is staged."""
        return self.cleared or bool(self.dropped or self.staged)

    @property
    def kept(self) -> int:
        """How many of the stored items stay; raises `RuntimeError` before the session was read."""
        if self._stored is None:
            raise RuntimeError("the session was not read, so what is stored cannot be cut to a length")
        return len(self._stored) - self.dropped

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the conversation, oldest first; with a limit the latest items only."""
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
        """Take everything away."""
        self.cleared, self.dropped, self.staged, self._stored = True, 0, [], []

    def mark_saved(self) -> None:
        """Take what was staged for stored: the script that wrote it has succeeded."""
        if self._stored is not None:
            self._stored = [*self._stored[: len(self._stored) - self.dropped], *self.staged]
        self.cleared, self.dropped, self.staged = False, 0, []

    def discard(self) -> None:
        """Forget what was staged since the last save."""
        if self.cleared:
            self._stored = None
        self.cleared, self.dropped, self.staged = False, 0, []

    async def _kept(self) -> list[Any]:
        if self._stored is None:
            self._stored = await self._load()
        return self._stored[: len(self._stored) - self.dropped]
