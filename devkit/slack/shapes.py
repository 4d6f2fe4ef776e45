"""The words the parts of the stand-in share: JSON, refusals, people and messages."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """Slack says no: `{"ok": false, "error": …}`, with whatever else belongs to it."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    def answer(self) -> Json:
        return {"ok": False, "error": self.error, **self.more}


class NotPossible(Exception):
    """A person tried what Slack's client does not offer, or the app did not answer them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the workspace, or its bot."""

    id: str
    name: str
    real_name: str
    title: str
    color: str
    is_bot: bool = False
    is_restricted: bool = False
    deleted: bool = False

    def for_page(self) -> Json:
        names = ("id", "name", "real_name", "title", "color", "is_restricted", "is_bot")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, or a DM of one person with the bot."""

    id: str
    name: str
    is_im: bool
    members: tuple[str, ...]


@dataclass(slots=True)
class Message:
    """A message as the workspace holds it. `pings` are the live tokens in its text."""

    ts: str
    channel: str
    user: str
    text: str
    thread_ts: str | None = None
    bot_id: str | None = None
    blocks: list[Json] | None = None
    markdown_text: str | None = None
    metadata: Json | None = None
    edited: bool = False
    ephemeral_for: str | None = None
    pings: list[str] = field(default_factory=list[str])
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    client_msg_id: str | None = None
    edits: int = 0

    def in_thread(self, thread_ts: str) -> bool:
        return thread_ts in (self.ts, self.thread_ts)


def random_id(prefix: str, size: int = 10) -> str:
    """An id of Slack's looks."""
    return prefix + secrets.token_hex(size)[:size].upper()
