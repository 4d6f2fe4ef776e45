"""The Web API methods, as pure as they can be: arguments in, answer or `Refusal` out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from devkit.slack import rules
from devkit.slack.block_rules import check_blocks
from devkit.slack.events import message_form
from devkit.slack.files import listed
from devkit.slack.rules import Refusal
from devkit.slack.streams import Streams
from devkit.slack.workspace import BOT_ID, BOT_USER, TEAM, TEAM_NAME, Message, Workspace

#: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update.
POST_TEXT: Final = 40_000
UPDATE_TEXT: Final = 4_000

Arguments = Mapping[str, Any]
Answer = dict[str, Any]

#: How many of those who answered Slack names beside a message.
REPLY_USERS: Final = 5


class Methods:
    """What the bot's token may call; `changed` hears of edits and deletions."""

    def __init__(self, workspace: Workspace, url: Callable[[], str]) -> None:
        self._workspace = workspace
        self._url = url
        self.changed: Callable[[Message, Message | None], None] = lambda before, after: None
        #: The messages that stream.
        self.streams = Streams(workspace, self._own)
        self.by_name: Mapping[str, Callable[[Arguments], Answer]] = {
            "auth.test": self.auth_test,
            "chat.postMessage": self.post,
            "chat.update": self.update,
            "chat.delete": self.delete,
            **self.streams.by_name,
            "chat.postEphemeral": self.ephemeral,
            "chat.getPermalink": self.permalink,
            "conversations.replies": self.replies,
            "conversations.history": self.history,
            "conversations.open": self.open,
            "conversations.info": self.info,
            "users.info": self.user,
            "users.conversations": self.conversations,
            "usergroups.users.list": self.group_users,
            "usergroups.list": self.groups,
        }

    def auth_test(self, _: Arguments) -> Answer:
        """Who the token is."""
        return {
            "url": f"{self._url()}/",
            "team": TEAM_NAME,
            "user": "countersign",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
            "enterprise_id": self._workspace.home.enterprise,
            "is_enterprise_install": False,
        }

    def post(self, given: Arguments) -> Answer:
        """Post a message as the bot."""
        channel = self._writable(self._addressed(given))
        text, blocks = self._content(given, POST_TEXT)
        message = Message(
            channel=channel,
            ts=self._workspace.new_ts(),
            user=BOT_USER,
            text=text,
            thread_ts=given.get("thread_ts") or None,
            blocks=blocks,
            metadata=given.get("metadata"),
            unfurl=(_flag(given.get("unfurl_links")), _flag(given.get("unfurl_media"))),
            pings=rules.pings(text, blocks),
        )
        if message.thread_ts and not self._workspace.thread(channel, message.thread_ts):
            raise Refusal("thread_not_found")
        self._workspace.add(message)
        return {"channel": channel, "ts": message.ts, "message": message_form(message, metadata=True)}

    def update(self, given: Arguments) -> Answer:
        """Edit one of the bot's messages."""
        self._writable(self._channel(given))
        message = self._own(given)
        if self.streams.is_open(message):
            raise Refusal("streaming_state_conflict")
        before = copy.copy(message)
        message.text, message.blocks = self._content(given, UPDATE_TEXT)
        if given.get("metadata") is not None:
            message.metadata = given["metadata"]
        message.is_edited = message.blocks is None
        message.pings += rules.pings(message.text, message.blocks)
        message.edits += 1
        self._workspace.changed(message)
        self.changed(before, message)
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def delete(self, given: Arguments) -> Answer:
        """Delete one of the bot's messages."""
        message = self._own(given)
        self._workspace.delete(message)
        self.changed(message, None)
        return {"channel": message.channel, "ts": message.ts}

    def ephemeral(self, given: Arguments) -> Answer:
        """Show a message to one person."""
        channel, user = self._writable(self._channel(given)), str(given.get("user"))
        if user not in self._workspace.channels[channel].members or self._is_gone(user):
            raise Refusal("user_not_in_channel")
        text, blocks = self._content(given, POST_TEXT)
        thread_ts = given.get("thread_ts") or None
        message = Message(channel, self._workspace.new_ts(), BOT_USER, text, thread_ts, blocks)
        self._workspace.whisper(user, message)
        return {"message_ts": message.ts}

    def permalink(self, given: Arguments) -> Answer:
        """The address of a message."""
        channel, ts = self._channel(given), str(given.get("message_ts"))
        return {"channel": channel, "permalink": f"{self._url()}/archives/{channel}/p{ts.replace('.', '')}"}

    def replies(self, given: Arguments) -> Answer:
        """The messages of a thread."""
        channel, ts = self._channel(given), str(given.get("ts"))
        found = self._workspace.thread(channel, ts)
        if not found:
            raise Refusal("thread_not_found")
        return self._page(found, given)

    def history(self, given: Arguments) -> Answer:
        """A channel's own messages, newest first."""
        messages = self._workspace.messages[self._channel(given)].values()
        found = sorted((m for m in messages if not m.thread_ts), key=lambda m: m.ts, reverse=True)
        page = self._page(found, given)
        for form in page["messages"]:
            if replies := [m for m in messages if m.thread_ts == form["ts"]]:
                users = list(dict.fromkeys(m.user for m in replies))
                form |= {"reply_count": len(replies), "latest_reply": max(m.ts for m in replies)}
                form |= {"reply_users": users[:REPLY_USERS], "reply_users_count": len(users)}
                form["thread_ts"] = form["ts"]
        return page

    def open(self, given: Arguments) -> Answer:
        """Open the direct messages with one person."""
        return {"channel": {"id": self._addressed({"channel": given.get("users")})}}

    def info(self, given: Arguments) -> Answer:
        """A channel; a private one only where the bot is in it."""
        channel = self._workspace.channels.get(str(given.get("channel")))
        is_closed = channel is not None and (channel.is_direct or channel.is_private)
        if channel is None or (is_closed and BOT_USER not in channel.members):
            raise Refusal("channel_not_found")
        member = BOT_USER in channel.members
        form = {
            "id": channel.id,
            "name": channel.name,
            "is_archived": channel.is_archived,
            "is_member": member,
            "is_private": channel.is_private or channel.is_direct,
        }
        return {"channel": form | {"is_channel": not channel.is_direct, "is_im": channel.is_direct}}

    def conversations(self, _: Arguments) -> Answer:
        """Where the bot is."""
        own = [c for c in self._workspace.channels.values() if BOT_USER in c.members and not c.is_archived]
        return {"channels": [{"id": c.id, "is_im": c.is_direct} for c in own], "response_metadata": {}}

    def user(self, given: Arguments) -> Answer:
        """A person."""
        person = self._workspace.people.get(str(given.get("user")))
        if person is None:
            raise Refusal("user_not_found")
        return {
            "user": {
                "id": person.id,
                "team_id": person.team,
                "name": person.name,
                "real_name": person.real_name,
                "tz": person.zone[0],
                "tz_label": person.zone[0],
                "tz_offset": person.zone[1],
                "deleted": person.deleted,
                "is_bot": person.is_bot,
                "is_restricted": person.is_restricted,
                "is_ultra_restricted": person.is_ultra_restricted,
                "is_stranger": person.is_stranger,
                "profile": {"real_name": person.real_name, "display_name": ""},
            }
        }

    def group_users(self, given: Arguments) -> Answer:
        """The people of a user group, of one that is switched off only where these are asked for as well."""
        name = str(given.get("usergroup"))
        group = self._workspace.groups.get(name)
        if group is None or (name in self._workspace.disabled and not _flag(given.get("include_disabled"))):
            raise Refusal("no_such_subteam")
        return {"users": [user for user in group[1] if not self._is_gone(user)]}

    def groups(self, given: Arguments) -> Answer:
        """All user groups; those that are switched off only where these are asked for as well."""
        off = self._workspace.disabled
        return {
            "usergroups": [
                {"id": group_id, "handle": handle, "users": users, "date_delete": int(group_id in off)}
                for group_id, (handle, users) in self._workspace.groups.items()
                if group_id not in off or _flag(given.get("include_disabled"))
            ]
        }

    def _page(self, found: list[Message], given: Arguments) -> Answer:
        oldest = float(given.get("oldest") or 0)
        found = [m for m in found if float(m.ts) > oldest or m.ts == given.get("ts")]
        start, limit = int(given.get("cursor") or 0), int(given.get("limit") or 100)
        metadata = _flag(given.get("include_all_metadata")) or False
        messages = [
            message_form(
                m, metadata=metadata, files=listed(m, self._workspace.channels[m.channel], self._url())
            )
            for m in found[start : start + limit]
        ]
        more = start + limit < len(found)
        cursor = str(start + limit) if more else ""
        return {"messages": messages, "has_more": more, "response_metadata": {"next_cursor": cursor}}

    def _channel(self, given: Arguments) -> str:
        channel = self._workspace.channels.get(str(given.get("channel")))
        if channel is None:
            raise Refusal("channel_not_found")
        if BOT_USER not in channel.members:
            raise Refusal("not_in_channel")
        return channel.id

    def _addressed(self, given: Arguments) -> str:
        """Where a post goes: a person's id stands for their direct messages with the bot."""
        person = self._workspace.people.get(str(given.get("channel")))
        if person is None:
            return self._channel(given)
        if person.is_bot or person.deleted:
            raise Refusal("channel_not_found")
        return self._workspace.direct(person.id).id

    def _is_gone(self, user: str) -> bool:
        person = self._workspace.people.get(user)
        return person is None or person.deleted

    def _writable(self, channel: str) -> str:
        if self._workspace.channels[channel].is_archived:
            raise Refusal("is_archived")
        return channel

    def _own(self, given: Arguments) -> Message:
        message = self._workspace.find(self._channel(given), str(given.get("ts")))
        if message is None:
            raise Refusal("message_not_found")
        if message.user != BOT_USER:
            raise Refusal("cant_update_message")
        return message

    def _content(self, given: Arguments, most: int) -> tuple[str, list[dict[str, Any]] | None]:
        text = str(given.get("text") or "")
        blocks = check_blocks(given["blocks"]) if given.get("blocks") else None
        if not text and not blocks:
            raise Refusal("no_text")
        if len(text) > most:
            raise Refusal("msg_too_long")
        return text, blocks


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    return str(value).lower() in {"1", "true"}
