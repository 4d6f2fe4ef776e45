"""What somebody of another workspace does, who can ask for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StrangerSpoke:
    """Somebody of another workspace wrote to the bot, in this thread: it is told why there is no answer.

    It is an entry of the person's Home, where each is told once in a while and not in every thread.
    """

    user: str
    channel: str
    thread_ts: str
    kind: Literal["stranger"] = "stranger"
