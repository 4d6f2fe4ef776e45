"""The stand-in's workspace: people, channels and messages, and everyone who watches them."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from devkit.slack.block_contents import elements, texts
from devkit.slack.clock import Clock

TEAM: Final = "T0ACME0001"
TEAM_NAME: Final = "Acme"
BOT_USER, BOT_ID, APP_ID = "U0COUNTER1", "B0COUNTER1", "A0COUNTER1"
ANA, OMAR, MEI, THEO, GUS = "U0ANA00001", "U0OMAR0001", "U0MEI00001", "U0THEO0001", "U0GUEST001"


@dataclass(frozen=True, slots=True)
class Installation:
    """A workspace that the app is installed in: its id, and its organisation's on Enterprise Grid.

    One that is `org_wide` names no workspace in interactions.
    """

    team: str = TEAM
    enterprise: str | None = None
    org_wide: bool = False


@dataclass(slots=True)
class Person:
    """A member of the workspace."""

    id: str
    name: str
    real_name: str
    title: str
    color: str
    is_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    team: str = TEAM
    enterprise: str | None = None
    zone: tuple[str, int] = ("Europe/Amsterdam", 3600)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, or a direct message with the bot.

    A Slack Connect channel has the workspace of its `host`, which may be another one.
    """

    id: str
    name: str
    members: tuple[str, ...]
    is_archived: bool = False
    host: str | None = None
    is_private: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message."""
        return self.id.startswith("D")

    @property
    def kind(self) -> str:
        """The `channel_type` of its messages: https://docs.slack.dev/reference/events/message."""
        return "im" if self.is_direct else "group" if self.is_private else "channel"


@dataclass(slots=True)
class File:
    """A file that somebody attached."""

    id: str
    name: str
    mimetype: str
    content: bytes
    user: str
    created: int
    title: str = ""


@dataclass(slots=True)
class Message:
    """A message as the store keeps it. `pings` are the live mentions a bot's text held."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    is_edited: bool = False
    unfurl: tuple[bool | None, bool | None] = (None, None)
    pings: list[str] = field(default_factory=list[str])
    edits: int = 0
    files: list[File] = field(default_factory=list[File])
    team: str = TEAM
    #: What was forwarded or pasted: https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
    attachments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    #: The name of the app that posted it, if it was one and not the bot.
    app: str = ""
    #: It was deleted, and stays as the head of its replies.
    is_tombstone: bool = False

    @property
    def shown(self) -> str:
        """All the words of the message, of its blocks if it has any."""
        return "\n".join(texts(self.blocks)) if self.blocks else self.text

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The buttons that can be clicked."""
        return [e for e in elements(self.blocks or []) if e.get("type") == "button"]


PEOPLE: Final = (
    Person(ANA, "ana", "Ana Ruiz", "Requester, support", "c2573a"),
    Person(OMAR, "omar", "Omar Haddad", "Finance approver", "2f7d6b", zone=("America/Denver", -25200)),
    Person(MEI, "mei", "Mei Lin", "Finance approver", "3b6ea8"),
    Person(THEO, "theo", "Theo Brandt", "Outsider", "8a6a2f"),
    Person(GUS, "gus", "Gus Guest", "Guest", "6b6e73", is_restricted=True),
    Person(BOT_USER, "countersign", "Countersign", "App", "4b1f52", is_bot=True),
)
STAFF: Final = (ANA, OMAR, MEI, THEO, BOT_USER)


class Workspace:
    """Everything a Slack workspace remembers, in memory."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.clock = Clock(now)
        self.people = {person.id: copy.copy(person) for person in PEOPLE}
        self.channels = {
            channel.id: channel
            for channel in (
                Channel("C0GENERAL1", "general", STAFF),
                Channel("C0SUPPORT1", "support", (*STAFF, GUS)),
                Channel("C0FINANCE1", "finance", STAFF),
                Channel("C0PEOPLE01", "people", STAFF),
                Channel("C0OPS00001", "operations", STAFF),
                *(_direct(p.id) for p in PEOPLE if not p.is_bot),
            )
        }
        #: Where the app is installed; what is delivered may say that it is for another one.
        self.home = self.delivered_for = Installation()
        self.groups = {"S0FINANCE1": ("finance", [OMAR, MEI])}
        #: Those of the groups that somebody switched off.
        self.disabled: set[str] = set()
        self.messages: dict[str, dict[str, Message]] = {channel: {} for channel in self.channels}
        #: What one person alone was shown: (user, channel, text, blocks), oldest first.
        self.ephemerals: list[tuple[str, Message]] = []
        self._watchers: list[Callable[[dict[str, Any], str | None], None]] = []
        self._changed = asyncio.Event()
        self._last_ts = 0

    def new_ts(self) -> str:
        """A timestamp that no other message has."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add(self, message: Message) -> None:
        """Put a new message into its channel."""
        self.messages[message.channel][message.ts] = message
        self.announce({"type": "message", "channel": message.channel, "message": page_form(message, self)})

    def changed(self, message: Message) -> None:
        """Tell watchers that a message was edited."""
        self.announce({"type": "message", "channel": message.channel, "message": page_form(message, self)})

    def delete(self, message: Message) -> None:
        """Remove a message."""
        del self.messages[message.channel][message.ts]
        self.announce({"type": "message_deleted", "channel": message.channel, "ts": message.ts})

    def whisper(self, user: str, message: Message) -> None:
        """Show a message to one person only."""
        self.ephemerals.append((user, message))
        self.whispered_anew(user, message)

    def whispered_anew(self, user: str, message: Message) -> None:
        """Let a person's page show a private message as it is now."""
        form = page_form(message, self) | {"ephemeral": True}
        self.announce({"type": "ephemeral", "channel": message.channel, "message": form}, user)

    def notice(self, user: str, text: str) -> None:
        """Show a person what Slack itself has to say."""
        self.announce({"type": "notice", "text": text}, user)

    def direct(self, user: str) -> Channel:
        """A person's direct messages with the bot, which begin by this if they have none yet."""
        channel = _direct(user)
        if channel.id not in self.channels:
            self.channels[channel.id] = channel
            self.messages[channel.id] = {}
            self.announce({"type": "state"})
        return self.channels[channel.id]

    def share(self, channel: str, *guests: Person, host: str = TEAM) -> None:
        """Let a channel be shared with people of other workspaces (Slack Connect)."""
        self.people |= {person.id: person for person in guests}
        shared = self.channels[channel]
        members = (*shared.members, *(person.id for person in guests))
        self.channels[channel] = replace(shared, members=members, host=host)
        self.announce({"type": "state"})

    def entitle(self, role: str, named: Sequence[str]) -> str:
        """Let people's titles say who decides for a role; groups are named as such. Returns the first of these people."""
        deciding = [user for name in named for user in self.groups.get(name, ("", [name]))[1]]
        for person in self.people.values():
            if person.id in deciding:
                person.title = f"{role.upper() if len(role) < 3 else role.capitalize()} approver"
            elif person.title.endswith("approver"):
                person.title = "Colleague"
        return deciding[0]

    def remove_bot(self, channel: str) -> None:
        """Take the bot out of a channel, as anybody in it may."""
        members = tuple(member for member in self.channels[channel].members if member != BOT_USER)
        self.channels[channel] = replace(self.channels[channel], members=members)

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self.channels[channel] = replace(self.channels[channel], is_archived=True)
        self.announce({"type": "state"})

    def find(self, channel: str, ts: str) -> Message | None:
        """A message by its place."""
        return self.messages.get(channel, {}).get(ts)

    def thread(self, channel: str, thread_ts: str) -> list[Message]:
        """The messages of a thread, its first included, in order."""
        return [
            m for ts, m in sorted(self.messages.get(channel, {}).items()) if thread_ts in {ts, m.thread_ts}
        ]

    def watch(self, watcher: Callable[[dict[str, Any], str | None], None]) -> Callable[[], None]:
        """Call `watcher(frame, only_for)` on every change; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def announce(self, frame: dict[str, Any], only_for: str | None = None) -> None:
        """Tell everyone who watches, and wake who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()
        for watcher in list(self._watchers):
            watcher(frame, only_for)

    async def change(self) -> None:
        """Wait for the next change of anything."""
        await self._changed.wait()


def page_form(message: Message, workspace: Workspace) -> dict[str, Any]:
    """A message as the page reads it."""
    person = workspace.people.get(message.user)
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "bot_id": BOT_ID if message.user == BOT_USER else None,
        "username": person.name if person else "",
        "text": message.text,
        "markdown_text": None,
        "blocks": message.blocks,
        "edited": message.is_edited,
        "ephemeral": False,
        "files": [_page_file(file) for file in message.files],
        "reactions": [],
    }


def _page_file(file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "size": len(file.content),
        "url": f"/page/file/{file.id}",
    }


def _direct(user: str) -> Channel:
    return Channel(f"D{user[1:]}", "countersign", (user, BOT_USER))
