"""A click on a button, or a form that was sent in: by whom, where and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Click:
    """Who clicked, where and when (Slack's `action_ts`). Without a channel it was in Home.

    `form` names the one form that was sent in; a click on a button has none.
    """

    user: str
    channel: str
    thread_ts: str
    action_ts: str
    message_ts: str = ""
    form: str = ""
    #: Whether only who clicked sees what was clicked.
    is_private: bool = False

    @property
    def answer_in(self) -> str | None:
        """The thread to answer privately in; none below a message that has no thread yet.

        https://docs.slack.dev/reference/methods/chat.postEphemeral shows such answers in active
        threads only.
        """
        return None if self.thread_ts in {"", self.message_ts} else self.thread_ts

    @property
    def at(self) -> datetime:
        """The moment of the click."""
        return datetime.fromtimestamp(float(self.action_ts), UTC)
