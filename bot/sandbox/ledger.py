"""What of sandboxes outlives a process: their list, so that none is forgotten when one dies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Ledger(Protocol):
    """The sandboxes that exist, as far as the bot knows."""

    async def note(self, sandbox_id: str, thread: str, *, until: datetime) -> None:
        """Put a sandbox on the list; whoever finds it there after `until` ends it."""
        ...

    async def drop(self, sandbox_id: str, thread: str) -> None:
        """Take one that was ended off the list."""
        ...

    async def before(self, sandbox_id: str, thread: str) -> Sequence[str]:
        """The sandboxes of its thread that were noted before this one."""
        ...

    async def lapsed(self, now: datetime) -> Sequence[tuple[str, str]]:
        """The sandboxes, each with its thread, whose time is over."""
        ...
