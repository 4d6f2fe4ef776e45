"""What became of one event of a thread, as it is kept for operators: ids, names, figures and times, no word of anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

#: How many of a thread's latest are kept, and for how long.
LATEST: Final = 200
KEPT: Final = timedelta(days=90)
#: For how long one is found by the reference that people were shown.
FOUND_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class HandledEvent:
    """One event: `kind` is its own, `outcome` that of its answer, "done" for what has none.

    `began` is when a worker took it for the last time, `ended` when all of it was done. `reference` is what people were shown
    where it failed. `requests` are those of models that were made for it, with `read` and `written` tokens.
    """

    thread: str
    event: str
    kind: str
    person: str
    began: datetime
    ended: datetime
    outcome: str
    agent: str = ""
    failure: str = ""
    reference: str = ""
    run: str = ""
    trace: str = ""
    tries: int = 1
    requests: int = 0
    read: int = 0
    written: int = 0
    cost: Decimal = Decimal(0)
