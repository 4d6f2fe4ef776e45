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
    is_direct: bool,
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
        "channel_type": "im" if is_direct else "channel",
        "event_ts": message.ts,
        "client_msg_id": event_id(),
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    shared = {"files": files, "upload": False} if files else {}
    events = [event | shared | ({"subtype": "file_share"} if files else {})]
    event |= shared
    if f"<@{BOT_USER}>" in message.text and not is_direct:
        events.insert(0, {k: v for k, v in event.items() if k != "channel_type"} | {"type": "app_mention"})
    payloads: list[dict[str, Any]] = []
    for each in events:
        mention = each["type"] == "app_mention"
        inner, outer = whereabouts.of_message(message.user, message.channel, mention=mention)
        payloads.append(envelope(each | inner, event_id(), float(message.ts), outer))
    return payloads


def change_event(
    message: Message, event_id: str, at: str, *, deleted: bool, whereabouts: Whereabouts
) -> dict[str, Any]:
    """The echo of an edit or a deletion."""
    event: dict[str, Any] = {
        "type": "message",
        "subtype": "message_deleted" if deleted else "message_changed",
        "hidden": True,
        "channel": message.channel,
        "channel_type": "im" if message.channel.startswith("D") else "channel",
        "ts": at,
        "event_ts": at,
    }
    told, outer = whereabouts.of_message(message.user, message.channel, mention=False)
    inner = {"user": message.user, "bot_id": BOT_ID, "ts": message.ts, "text": message.text, **told}
    event |= {"deleted_ts": message.ts, "previous_message": inner} if deleted else {"message": inner}
    return envelope(event, event_id, float(at), outer)


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
    if files:
        form |= {"files": files, "subtype": "file_share"}
    if message.thread_ts:
        form["thread_ts"] = message.thread_ts
    if message.is_edited:
        form["edited"] = {"user": message.user, "ts": message.ts}
    if message.blocks is not None:
        form["blocks"] = message.blocks
    if metadata and message.metadata is not None:
        form["metadata"] = message.metadata
    return form
