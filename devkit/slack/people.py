"""What people do: post, click, fill forms in, use commands and shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from devkit.slack import events
from devkit.slack.rules import Refusal, check_blocks
from devkit.slack.sockets import Sockets
from devkit.slack.workspace import APP_ID, BOT_USER, TEAM, TEAM_NAME, Message, Workspace, elements

#: https://docs.slack.dev/interactivity/handling-user-interaction: seconds a trigger id lasts.
TRIGGER: Final = 3.0
NO_ANSWER: Final = "The app did not respond in time."
NOT_IN_THREADS: Final = "{} is not supported in threads. Sorry!"


@dataclass(slots=True)
class View:
    """An open form."""

    id: str
    user: str
    body: dict[str, Any]


class People:
    """Turns what people do into deliveries, and the app's answers into what people see."""

    def __init__(
        self, workspace: Workspace, sockets: Sockets, manifest: Mapping[str, Any], token: Callable[[], str]
    ) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._events: list[str] = manifest["settings"]["event_subscriptions"]["bot_events"]
        self._features: dict[str, Any] = manifest.get("features", {})
        self._token = token
        self._triggers: dict[str, tuple[str, float]] = {}
        self.views: dict[str, View] = {}
        self.sent: dict[str, list[dict[str, Any]]] = {}

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Post a message; returns its ts."""
        message = Message(channel, self._workspace.new_ts(), user, text, thread_ts)
        self._workspace.add(message)
        is_direct = self._workspace.channels[channel].is_direct
        payloads = events.message_events(message, is_direct=is_direct, event_id=self._event_id)
        self.sent[message.ts] = [p for p in payloads if self._subscribed(p["event"])]
        for payload in self.sent[message.ts]:
            self._sockets.send_event(payload)
        return message.ts

    def echo(self, message: Message, deleted: bool) -> None:
        """Send the event of an edit or a deletion."""
        at = self._workspace.new_ts()
        payload = events.change_event(message, self._event_id(), at, deleted=deleted)
        if self._subscribed(payload["event"]):
            self._sockets.send_event(payload)

    async def click(
        self, user: str, channel: str, message_ts: str, action_id: str, value: str | None = None
    ) -> bool:
        """Click a button; False if the app did not answer. Raises `LookupError` for no such button."""
        message = self._workspace.find(channel, message_ts) or self._whispered(user, message_ts)
        buttons = elements(message.blocks or []) if message else ()
        wanted = [b for b in buttons if b.get("action_id") == action_id and value in {None, b.get("value")}]
        if message is None or not wanted:
            raise LookupError(f"there is no live button {action_id!r}")
        button = wanted[0]
        action = {
            key: button[key] for key in ("action_id", "block_id", "type", "value", "text") if key in button
        }
        payload = self._interactive("block_actions", user) | {
            "actions": [action | {"action_ts": self._workspace.new_ts()}],
            "container": {"type": "message", "message_ts": message_ts, "channel_id": channel},
            "channel": {"id": channel, "name": self._workspace.channels[channel].name},
            "message": events.message_form(message, metadata=True),
            "response_url": "",
        }
        return await self._ask(payload, user) is not None

    async def submit(self, user: str, view_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Submit a form; the app's answer ({} closes it). Raises `LookupError` for a closed form."""
        view = self.views[view_id]
        state = {"values": values}
        payload = self._interactive("view_submission", user) | {"view": view.body | {"state": state}}
        answer = await self._ask(payload, user)
        if answer is not None and answer.get("response_action") != "errors":
            self.close(view_id)
        return answer or {}

    async def shortcut(self, user: str, callback_id: str, channel: str, message_ts: str) -> bool:
        """Use a message shortcut; False if the app did not answer."""
        message = self._workspace.find(channel, message_ts)
        known = [s["callback_id"] for s in self._features.get("shortcuts", [])]
        if message is None or callback_id not in known:
            raise LookupError(f"there is no shortcut {callback_id!r} here")
        payload = self._interactive("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self._workspace.new_ts(),
            "message_ts": message_ts,
            "message": events.message_form(message, metadata=True),
            "channel": {"id": channel, "name": self._workspace.channels[channel].name},
            "response_url": "",
        }
        return await self._ask(payload, user) is not None

    async def command(
        self, user: str, channel: str, command: str, text: str, thread_ts: str | None = None
    ) -> dict[str, Any] | None:
        """Use a slash command; what the app answered, or None where Slack refused or it did not."""
        if thread_ts:
            self._workspace.notice(user, NOT_IN_THREADS.format(command))
            return None
        if command not in [c["command"] for c in self._features.get("slash_commands", [])]:
            self._workspace.notice(user, f"{command} is not a valid command.")
            return None
        payload = {
            "command": command,
            "text": text,
            "user_id": user,
            "user_name": self._workspace.people[user].name,
            "channel_id": channel,
            "channel_name": self._workspace.channels[channel].name,
            "team_id": TEAM,
            "team_domain": TEAM_NAME.lower(),
            "api_app_id": APP_ID,
            "trigger_id": self._trigger(user),
            "response_url": "",
        }
        answer = await self._sockets.ask("slash_commands", payload)
        if answer is None:
            self._workspace.notice(user, NO_ANSWER)
        elif answer.get("text") or answer.get("blocks"):
            blocks = check_blocks(answer["blocks"]) if answer.get("blocks") else None
            ts = self._workspace.new_ts()
            self._workspace.whisper(
                user, Message(channel, ts, BOT_USER, str(answer.get("text")), None, blocks)
            )
        return answer

    async def open_view(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """`views.open`: show a form to whoever the trigger belongs to."""
        user, until = self._triggers.pop(str(given.get("trigger_id")), ("", 0.0))
        if not user:
            raise Refusal("invalid_trigger")
        if self._workspace.clock() > until:
            raise Refusal("expired_trigger_id")
        body = dict(given.get("view") or {})
        _check_view(body)
        body["blocks"] = check_blocks(body.get("blocks"))
        view = View(f"V{self._token()}", user, body)
        body |= {"id": view.id, "team_id": TEAM, "hash": f"{self._workspace.clock():.0f}.x"}
        self.views[view.id] = view
        self._workspace.announce({"type": "view", "view": body, "view_id": view.id}, user)
        return {"view": body}

    def close(self, view_id: str) -> None:
        """Close a form."""
        view = self.views.pop(view_id, None)
        if view is not None:
            self._workspace.announce({"type": "view", "view": None, "view_id": view_id}, view.user)

    async def _ask(self, payload: dict[str, Any], user: str) -> dict[str, Any] | None:
        answer = await self._sockets.ask("interactive", payload)
        if answer is None:
            self._workspace.notice(user, NO_ANSWER)
        return answer

    def _interactive(self, kind: str, user: str) -> dict[str, Any]:
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": TEAM_NAME.lower()},
            "user": {"id": user, "username": self._workspace.people[user].name, "team_id": TEAM},
            "api_app_id": APP_ID,
            "token": "verification",
            "trigger_id": self._trigger(user),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _trigger(self, user: str) -> str:
        trigger = f"trigger-{self._token()}"
        self._triggers[trigger] = (user, self._workspace.clock() + TRIGGER)
        return trigger

    def _whispered(self, user: str, ts: str) -> Message | None:
        return next((m for who, m in self._workspace.ephemerals if who == user and m.ts == ts), None)

    def _subscribed(self, event: Mapping[str, Any]) -> bool:
        if event["type"] != "message":
            return event["type"] in self._events
        kinds = {"im": "message.im", "channel": "message.channels"}
        return kinds[event["channel_type"]] in self._events

    def _event_id(self) -> str:
        return f"Ev{self._token()}"


def _check_view(view: Mapping[str, Any]) -> None:
    """Refuse a form that Slack would refuse: https://docs.slack.dev/reference/views."""
    title, submit = view.get("title") or {}, view.get("submit") or {}
    has_input = any(block.get("type") == "input" for block in view.get("blocks") or [])
    problems = (
        view.get("type") != "modal",
        not 0 < len(str(title.get("text") or "")) <= 24,
        has_input and not submit,
        len(str(submit.get("text") or "")) > 24,
        len(str(view.get("private_metadata") or "")) > 3000,
        len(str(view.get("callback_id") or "")) > 255,
    )
    if any(problems):
        raise Refusal("invalid_arguments")
