"""Turns what happens in the workspace into the events that the manifest subscribes to."""

from __future__ import annotations

from devkit.slack import seed
from devkit.slack.shapes import Json, Message
from devkit.slack.sockets import Sockets, event_envelope
from devkit.slack.workspace import Workspace, api_message


class Events:
    """Tells the app what it subscribed to."""

    def __init__(self, workspace: Workspace, sockets: Sockets) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._subscribed = set(workspace.manifest["settings"]["event_subscriptions"]["bot_events"])
        self._sent: dict[str, list[Json]] = {}

    def posted(self, message: Message) -> None:
        """A new message; a mention in a channel is two events."""
        event = api_message(message)
        if not self._is_im(message.channel) and f"<@{seed.BOT_USER}>" in message.text and not message.bot_id:
            self._send("app_mention", message, event | {"type": "app_mention", "channel": message.channel})
        self._message(message, event)

    def changed(self, message: Message, before: Json) -> None:
        self._message(
            message,
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "ts": self._workspace.clock.next_ts(),
                "message": api_message(message),
                "previous_message": before,
            },
        )

    def deleted(self, message: Message) -> None:
        self._message(
            message,
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "ts": self._workspace.clock.next_ts(),
                "deleted_ts": message.ts,
                "previous_message": api_message(message),
            },
        )

    def again(self, ts: str) -> None:
        """Deliver the events of a message once more, with the ids they had."""
        for payload in self._sent[ts]:
            self._sockets.event(payload)

    def _is_im(self, channel: str) -> bool:
        return self._workspace.channels[channel].is_im

    def _message(self, message: Message, event: Json) -> None:
        kind = "im" if self._is_im(message.channel) else "channel"
        more = {"channel": message.channel, "channel_type": kind}
        self._send(f"message.{'im' if kind == 'im' else 'channels'}", message, event | more)

    def _send(self, subscription: str, message: Message, event: Json) -> None:
        if subscription not in self._subscribed:
            return
        clock = self._workspace.clock
        payload = event_envelope(
            seed.TEAM_ID,
            seed.APP_ID,
            event | {"event_ts": event["ts"]},
            bot_user=seed.BOT_USER,
            event_time=clock.now(),
        )
        if "subtype" not in event:
            self._sent.setdefault(message.ts, []).append(payload)
        self._sockets.event(payload)
