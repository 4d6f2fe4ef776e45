"""The journal of side effects: each one happens once, whatever process dies when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256

from bot.handling import Handling
from bot.store.inbox import Inbox
from bot.store.threads import JournalEntry, JournalStatus, ThreadStore
from bot.store.writes import Writes


class Journal:
    """Runs an effect under a key of its own: `started` is written before it, `done` after it.

    A call found `done` returns its stored result. One found only `started` is sent again under
    the same idempotency key, which the service behind it answers with the first result.
    """

    def __init__(self, handling: Handling, inbox: Inbox, threads: ThreadStore) -> None:
        self._handling = handling
        self._inbox = inbox
        self._threads = threads

    async def run(self, call_id: str, effect: Callable[[str], Awaitable[str]]) -> str:
        """Do the effect, handing it its idempotency key; raises `LeaseLost` before it, if at all."""
        key = self._key(call_id)
        entry = await self._threads.journal(self._handling.thread, key)
        if entry is not None and entry.status is JournalStatus.DONE:
            return entry.result or ""
        await self._write(key, JournalEntry(JournalStatus.STARTED, None))
        result = await effect(key)
        await self._write(key, JournalEntry(JournalStatus.DONE, result))
        return result

    def _key(self, call_id: str) -> str:
        # Some Chat Completions servers count their call ids from zero in every answer, so the
        # id alone would make a second refund of the thread look like the first one again.
        state = self._handling.state
        scope = f"{self._handling.thread}\n{state.generation}\n{state.run_id}\n{call_id}"
        return sha256(scope.encode()).hexdigest()[:40]

    async def _write(self, key: str, entry: JournalEntry) -> None:
        await self._inbox.checkpoint(self._handling.claim, Writes().journal(key, entry))
