"""What became of what people were asked, counted from the record: by person, tool and outcome. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from bot.domain.audit import Deed, Entry

#: What a person's answer is called.
_VERDICTS: Final[Mapping[str, str]] = {
    "approve": "approved",
    "approve_rest": "approved for the rest of the run",
    "reject": "rejected",
    "happened": "said that it happened",
    "not_happened": "said that it did not happen",
    "retry": "wanted it tried again",
}
#: What other deeds are called; nobody's are those that no person did.
_DEEDS: Final[Mapping[Deed, str]] = {
    Deed.EDITED: "changed",
    Deed.CLICK_REFUSED: "clicked in vain",
    Deed.EXPIRED: "nobody decided in time",
    Deed.WITHDRAWN: "withdrawn",
    Deed.REFUSED: "refused, nobody was asked",
    Deed.GRANTED: "agreed to before",
}
#: Deeds of which the time since the request says how long people took.
_ANSWERS: Final = frozenset({Deed.DECIDED, Deed.EDITED})
#: On record of them is who had asked, not who did it.
_NOBODYS: Final = frozenset({Deed.EXPIRED, Deed.REFUSED, Deed.GRANTED})


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """What is counted together; `person` is a Slack id, empty where nobody did it."""

    team: str
    person: str
    tool: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Count:
    """How often, and how long after the request in the middle; None where that is not on record."""

    line: Line
    times: int
    middle: timedelta | None


@dataclass(slots=True)
class Tally:
    """Counts entries that are read in the order of the record; `since` and `until` (exclusive) bound what counts.

    Every entry is to be read, also what came before: a decision is compared with its request.
    """

    since: datetime | None = None
    until: datetime | None = None
    _asked: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _waits: dict[Line, list[timedelta | None]] = field(default_factory=dict[Line, list[timedelta | None]])

    def read(self, entry: Entry) -> None:
        """Count the next entry, if it is of what people were asked."""
        if entry.deed is Deed.REQUESTED:
            self._asked[entry.approval] = entry.at
        outcome = _outcome(entry)
        if outcome and self._is_meant(entry.at):
            person = "" if entry.deed in _NOBODYS else entry.person
            line = Line(entry.team, person, entry.tool, outcome)
            self._waits.setdefault(line, []).append(self._waited(entry))

    def counts(self) -> Sequence[Count]:
        """What was counted, by workspace, person, tool and outcome."""
        return [Count(line, len(waits), _middle(waits)) for line, waits in sorted(self._waits.items())]

    def _is_meant(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def _waited(self, entry: Entry) -> timedelta | None:
        asked = self._asked.get(entry.approval)
        return entry.at - asked if asked is not None and entry.deed in _ANSWERS else None


def _outcome(entry: Entry) -> str:
    """What an entry is counted as; empty for one that is not."""
    if entry.deed is Deed.DECIDED:
        verdict = entry.details.get("verdict", "")
        return _VERDICTS.get(verdict, verdict or "decided")
    return _DEEDS.get(entry.deed, "")


def _middle(waits: Iterable[timedelta | None]) -> timedelta | None:
    known = [wait.total_seconds() for wait in waits if wait is not None]
    return timedelta(seconds=median(known)) if known else None
