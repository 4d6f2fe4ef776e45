"""Entries of the record that a handling has noted, and that go with whatever it writes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.approvals.approval import Approval
from bot.domain.audit import Deed, Entry
from bot.store.writes import Writes
from bot.telemetry.metrics import Metrics

#: What may end an approval that waited.
CLOSING: Final = frozenset({Deed.DECIDED, Deed.EXPIRED, Deed.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry of the record that is to be written, and the approval that it closes, if any."""

    entry: Entry
    closed: Approval | None


class PendingEntries:
    """Noted one by one, written all together, and counted once they are."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._noted: list[Noted] = []

    def note(self, entry: Entry, approval: Approval | None) -> None:
        """Have an entry written next; `approval` is what it is about."""
        self._noted.append(Noted(entry, approval if entry.deed in CLOSING else None))

    def into(self, writes: Writes) -> list[Noted]:
        """Put all into what is about to be written; returns them for `are_written`."""
        for one in self._noted:
            writes.audit(one.entry)
        return [*self._noted]

    def are_written(self, noted: Sequence[Noted]) -> None:
        """Count what went on record. What was noted meanwhile stays for the next write."""
        written = [one for one in noted if one in self._noted]  # another write may have written them as well
        self._noted = [one for one in self._noted if one not in written]
        for one in written:
            self._metrics.recorded(one.entry.deed)
            if one.closed and one.closed.is_final:
                waited = one.entry.at - one.closed.requested_at
                self._metrics.decided(one.closed.status, waited.total_seconds())
