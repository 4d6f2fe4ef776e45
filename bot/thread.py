"""The identity of a Slack thread."""

from __future__ import annotations

from dataclasses import dataclass

#: Stands for the channel of Home tabs; no id of Slack's has small letters.
HOME = "home"


@dataclass(frozen=True, order=True, slots=True)
class ThreadRef:
    """A Slack thread: the same `thread_ts` in two channels is two threads."""

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
    def is_home(self) -> bool:
        """Whether this is a person's Home tab, which is worked on like a thread."""
        return self.channel == HOME

    @classmethod
    def home(cls, team: str, user: str) -> ThreadRef:
        """A person's Home tab."""
        return cls(team, HOME, user)

    @classmethod
    def parse(cls, text: str) -> ThreadRef:
        """Read what `str()` wrote; raises `ValueError` for anything else."""
        parts = text.split("/")
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"not a thread: {text!r}")
        return cls(*parts)
