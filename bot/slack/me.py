"""Who the bot is: its user and its workspace, in Slack's words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.thread import ThreadRef
from bot.slack.origin import Installation


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in its workspace, from the one `auth.test` at start."""

    team: str
    user: str
    url: str
    enterprise: str = ""
    #: The name of its user, by which people may call it.
    name: str = ""

    @property
    def installation(self) -> Installation:
        """The workspace, with its organisation: nothing that comes from elsewhere counts."""
        return Installation(self.team, self.enterprise)

    def permalink(self, thread: ThreadRef) -> str:
        """The link to a thread's first message, or to a direct message whose running conversation it is.

        https://docs.slack.dev/reference/methods/chat.getPermalink: the form has been stable for
        years, and a call for each link would not fit into the three seconds of an ack.
        """
        message = "" if thread.is_running else f"/p{thread.thread_ts.replace('.', '')}"
        return f"{self.url}archives/{thread.channel}{message}"
