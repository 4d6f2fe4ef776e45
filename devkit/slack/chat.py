"""The bot's messages: chat.*, and what a response_url takes."""

from __future__ import annotations

from typing import Any, cast

from devkit.slack import seed
from devkit.slack.blocks import MOST_MARKDOWN, checked_blocks
from devkit.slack.events import Events
from devkit.slack.shapes import Json, Message, Refusal
from devkit.slack.workspace import Workspace, api_message

#: https://docs.slack.dev/reference/methods/chat.update and chat.postMessage
MOST_TEXT, MOST_UPDATE_TEXT = 40_000, 4000


class Chat:
    """Posts, changes and deletes messages as the bot."""

    def __init__(self, workspace: Workspace, events: Events) -> None:
        self._workspace = workspace
        self._events = events

    def post(self, arguments: Json) -> Json:
        channel = self._own_channel(arguments)
        content = _content(arguments, most_text=MOST_TEXT)
        thread_ts = self._workspace.root_of(channel, arguments.get("thread_ts"))
        message = self._new(channel, thread_ts, content, user=None)
        message.unfurl_links = _flag(arguments.get("unfurl_links"))
        message.unfurl_media = _flag(arguments.get("unfurl_media"))
        self._workspace.add(message)
        self._events.posted(message)
        return {"channel": channel, "ts": message.ts, "message": api_message(message, with_metadata=True)}

    def update(self, arguments: Json) -> Json:
        message = self._own_message(arguments, "cant_update_message")
        content = _content(arguments, most_text=MOST_UPDATE_TEXT)
        before = api_message(message)
        if content["metadata"] is None:
            del content["metadata"]
        content["edited"] = content["blocks"] is None and content["markdown_text"] is None
        self._workspace.change(message, content)
        self._events.changed(message, before)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": message.text,
            "message": api_message(message),
        }

    def delete(self, arguments: Json) -> Json:
        message = self._own_message(arguments, "cant_delete_message")
        self._workspace.remove(message)
        self._events.deleted(message)
        return {"channel": message.channel, "ts": message.ts}

    def post_ephemeral(self, arguments: Json) -> Json:
        channel = self._own_channel(arguments)
        user = str(arguments.get("user", ""))
        if user not in self._workspace.channels[channel].members:
            raise Refusal("user_not_in_channel")
        thread_ts = self._workspace.root_of(channel, arguments.get("thread_ts"))
        message = self._new(channel, thread_ts, _content(arguments, most_text=MOST_TEXT), user=user)
        self._workspace.add(message)
        return {"message_ts": message.ts}

    def permalink(self, arguments: Json) -> Json:
        channel = self._workspace.channel(str(arguments.get("channel", ""))).id
        message = self._workspace.message(channel, str(arguments.get("message_ts", "")))
        link = f"{seed.TEAM_URL}archives/{channel}/p{message.ts.replace('.', '')}"
        if message.thread_ts and message.thread_ts != message.ts:
            link += f"?thread_ts={message.thread_ts}&cid={channel}"
        return {"channel": channel, "permalink": link}

    def respond(self, target: Message | None, place: tuple[str, str], arguments: Json) -> None:
        """Take what was sent to a response_url; `place` is the channel and the person."""
        channel, user = place
        if target and _flag(arguments.get("delete_original")):
            self._workspace.remove(target)
            return
        content = _content(arguments, most_text=MOST_TEXT, markdown=False)
        if target and _flag(arguments.get("replace_original")):
            self._workspace.change(target, content)
            return
        private = None if arguments.get("response_type") == "in_channel" else user
        thread_ts = self._workspace.root_of(channel, arguments.get("thread_ts"))
        self._workspace.add(self._new(channel, thread_ts, content, user=private))

    def _new(self, channel: str, thread_ts: str | None, content: Json, *, user: str | None) -> Message:
        ts = self._workspace.clock.next_ts()
        message = Message(ts, channel, seed.BOT_USER, "", thread_ts, seed.BOT_ID, ephemeral_for=user)
        for name, value in content.items():
            setattr(message, name, value)
        return message

    def _own_channel(self, arguments: Json) -> str:
        channel = self._workspace.channel(str(arguments.get("channel", "")))
        if seed.BOT_USER not in channel.members:
            raise Refusal("not_in_channel")
        return channel.id

    def _own_message(self, arguments: Json, error: str) -> Message:
        message = self._workspace.message(str(arguments.get("channel", "")), str(arguments.get("ts", "")))
        if message.bot_id != seed.BOT_ID:
            raise Refusal(error)
        return message


def _content(arguments: Json, *, most_text: int, markdown: bool = True) -> Json:
    text: Any = arguments.get("text") or ""
    markdown_text: Any = arguments.get("markdown_text") if markdown else None
    blocks = checked_blocks(arguments["blocks"]) if arguments.get("blocks") else None
    if not text and not markdown_text and not blocks:
        raise Refusal("no_text")
    if markdown_text and (text or blocks):
        raise Refusal("markdown_text_conflict")
    if len(text) > most_text or len(markdown_text or "") > MOST_MARKDOWN:
        raise Refusal("msg_too_long")
    metadata = _metadata(arguments.get("metadata"))
    return {"text": text, "markdown_text": markdown_text, "blocks": blocks, "metadata": metadata}


def _metadata(value: Any) -> Json | None:
    if value is None:
        return None
    metadata = cast(Json, value) if isinstance(value, dict) else {}
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    return metadata


def _flag(value: Any) -> bool | None:
    return None if value is None else value in (True, 1, "1", "true", "True")
