"""Payloads as Slack sends them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devkit.slack.whereabouts import Whereabouts
from devkit.slack.workspace import APP_ID, BOT_ID, BOT_USER, Message


def message_events(
    message: Message,
    files: list[dict[str, Any]],
    *,
    channel_type: str,
    event_id: Callable[[], str],
    whereabouts: Whereabouts,
) -> list[dict[str, Any]]:
    """The events of one post: a mention in a channel makes two, each with its own id."""
    event: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "channel": message.channel,
        "channel_type": channel_type,
        "event_ts": message.ts,
        "client_msg_id": event_id(),
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    shared: dict[str, Any] = {"files": files, "upload": False} if files else {}
    if message.attachments:
        shared["attachments"] = message.attachments
    event |= _of_app(message)
    events = [event | shared | ({"subtype": "file_share"} if files else {})]
    event |= shared
    if f"<@{BOT_USER}>" in message.text and channel_type != "im":
        events.insert(0, {k: v for k, v in event.items() if k != "channel_type"} | {"type": "app_mention"})
    payloads: list[dict[str, Any]] = []
    for each in events:
        mention = each["type"] == "app_mention"
        inner, outer = whereabouts.of_message(message.user, message.channel, mention=mention)
        payloads.append(envelope(each | inner, event_id(), float(message.ts), outer))
    return payloads


def change_event(
    before: Message,
    after: Message | None,
    event_id: str,
    at: str,
    *,
    channel_type: str,
    whereabouts: Whereabouts,
) -> dict[str, Any]:
    """The echo of an edit or a deletion: of what was there, and is there now.

    A deleted message with replies leaves a tombstone, which Slack tells as a change.
    """
    event: dict[str, Any] = {
        "type": "message",
        "subtype": "message_changed" if after else "message_deleted",
        "hidden": True,
        "channel": before.channel,
        "channel_type": channel_type,
        "ts": at,
        "event_ts": at,
    }
    told, outer = whereabouts.of_message(before.user, before.channel, mention=False)
    event["previous_message"] = _inner(before) | told
    if after is None:
        event["deleted_ts"] = before.ts
    else:
        edited = {"edited": {"user": after.user, "ts": at}} if after.is_edited else {}
        event["message"] = _inner(after) | edited | ({} if after.is_tombstone else told)
    return envelope(event, event_id, float(at), outer)


def _inner(message: Message) -> dict[str, Any]:
    """A message inside the event that tells of its change."""
    form: dict[str, Any] = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    if message.user == BOT_USER:
        form["bot_id"] = BOT_ID
    if message.thread_ts:
        form["thread_ts"] = message.thread_ts
    if message.is_tombstone:
        form |= {"subtype": "tombstone", "hidden": True, "thread_ts": message.ts}
    return form


def _of_app(message: Message) -> dict[str, Any]:
    """What a message says of the app that posted it: https://docs.slack.dev/reference/events/message/bot_message."""
    if not message.app:
        return {}
    bot_id = f"B{message.user[1:]}"
    return {"bot_id": bot_id, "bot_profile": {"id": bot_id, "name": message.app, "deleted": False}}


def home_event(user: str, channel: str, at: str, tab: str, view: dict[str, Any] | None) -> dict[str, Any]:
    """The event of a person who opens a tab of the app's home."""
    event = {"type": "app_home_opened", "user": user, "channel": channel, "event_ts": at, "tab": tab}
    return event | ({"view": view} if view else {})


def envelope(event: dict[str, Any], event_id: str, at: float, place: dict[str, Any]) -> dict[str, Any]:
    """The outer payload of an event; `place` is what it says of where it comes from."""
    return {
        "token": "verification",
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at),
        **place,
    }


def message_form(
    message: Message, *, metadata: bool, files: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """A message as the Web API returns it."""
    form: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": message.team,
    }
    if message.user == BOT_USER:
        form |= {"bot_id": BOT_ID, "app_id": APP_ID}
    form |= _of_app(message)
    if files:
        form |= {"files": files, "subtype": "file_share"}
    if message.thread_ts:
        form["thread_ts"] = message.thread_ts
    if message.is_tombstone:
        form |= {"subtype": "tombstone", "hidden": True}
    if message.is_edited:
        form["edited"] = {"user": message.user, "ts": message.ts}
    hung = {"attachments": message.attachments or None, "blocks": message.blocks}
    form |= {name: value for name, value in hung.items() if value is not None}
    if metadata and message.metadata is not None:
        form["metadata"] = message.metadata
    return form
