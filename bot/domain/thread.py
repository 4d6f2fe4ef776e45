"""The identity of a Slack thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: How `DM_MEMORY` is set: what is remembered of what is said at the top of a direct message.
DirectMemory = Literal["conversation", "thread"]

#: Stands for the root of a direct message's running conversation; no `ts` of Slack's has letters.
RUNNING = "dm"
#: Stands for the channel of Home tabs; no id of Slack's has small letters.
HOME = "home"


@dataclass(frozen=True, order=True, slots=True)
class ThreadRef:
    """A Slack thread: the same `thread_ts` in two channels is two threads.

    What is said at the top of a direct message may be one running conversation, which is worked on like a thread.
    """

    team: str
    channel: str
    thread_ts: str

    def __str__(self) -> str:
        return f"{self.team}/{self.channel}/{self.thread_ts}"

    @property
    def is_direct(self) -> bool:
        """Whether this is a direct message with the bot (Slack's `D…` ids)."""
        return self.channel.startswith("D")

    @property
    def is_running(self) -> bool:
        """Whether this is the running conversation at a direct message's top."""
        return self.is_direct and self.thread_ts == RUNNING

    @property
    def root(self) -> str | None:
        """The message below which Slack shows what is said in it; None where it is said at the top."""
        return None if self.is_running else self.thread_ts

    @property
    def is_home(self) -> bool:
        """Whether this is a person's Home tab, which is worked on like a thread."""
        return self.channel == HOME

    @classmethod
    def home(cls, team: str, user: str) -> ThreadRef:
        """A person's Home tab."""
        return cls(team, HOME, user)

    @classmethod
    def running(cls, team: str, channel: str) -> ThreadRef:
        """The running conversation of a direct message."""
        return cls(team, channel, RUNNING)

    @classmethod
    def parse(cls, text: str) -> ThreadRef:
        """Read what `str()` wrote; raises `ValueError` for anything else."""
        parts = text.split("/")
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"not a thread: {text!r}")
        return cls(*parts)
