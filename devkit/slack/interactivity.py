"""What people do with the app's buttons, modals, commands and shortcuts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, cast

from devkit.slack import seed
from devkit.slack.blocks import checked_view
from devkit.slack.chat import Chat
from devkit.slack.shapes import Json, Message, NotPossible, Refusal, random_id
from devkit.slack.sockets import Sockets
from devkit.slack.workspace import Workspace, api_message

#: A trigger opens one modal within this many seconds.
TRIGGER_SECONDS = 3.0
#: A response_url can be used this often, for this many seconds.
RESPONSES, RESPONSE_SECONDS = 5, 1800.0
DID_NOT_ANSWER = "countersign did not respond in time. Try again."


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a slash command was answered with at once, and the private messages it has shown so far."""

    ack: Json | None
    ephemerals: list[Message]

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.ephemerals)


@dataclass(slots=True)
class _ResponseUrl:
    place: tuple[str, str]
    target: Message | None
    expires: float
    left: int = RESPONSES


@dataclass(slots=True)
class _Trigger:
    user: str
    expires: float
    used: bool = False


@dataclass(slots=True)
class Interactivity:
    """Builds the payloads, delivers them, and holds the open modals: `views` by id, `viewers` their people."""

    workspace: Workspace
    sockets: Sockets
    chat: Chat
    url: str = ""
    views: dict[str, Json] = field(default_factory=dict[str, Json])
    viewers: dict[str, str] = field(default_factory=dict[str, str])
    _triggers: dict[str, _Trigger] = field(default_factory=dict[str, _Trigger])
    _urls: dict[str, _ResponseUrl] = field(default_factory=dict[str, _ResponseUrl])

    async def act(self, user: str, payload: Json, kind: str = "interactive") -> Json | None:
        """Deliver what `user` did. Returns the answer; raises `NotPossible` if there was none in 3 s."""
        delivery = await self.sockets.interaction(kind, payload)
        if not delivery.acked:
            self.workspace.notice(user, DID_NOT_ANSWER)
            raise NotPossible(DID_NOT_ANSWER)
        return delivery.answer

    def payload(self, kind: str, user: str, **more: Any) -> Json:
        """The parts every interaction has, with a fresh trigger."""
        trigger = f"{secrets.token_hex(6)}.{secrets.token_hex(6)}"
        self._triggers[trigger] = _Trigger(user, self.workspace.clock.now() + TRIGGER_SECONDS)
        name = self.workspace.people[user].name
        return {
            "type": kind,
            "team": {"id": seed.TEAM_ID, "domain": "acme"},
            "user": {"id": user, "name": name, "username": name, "team_id": seed.TEAM_ID},
            "api_app_id": seed.APP_ID,
            "token": "unused",
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": trigger,
            **more,
        }

    async def click(self, user: str, message: Message, action: Json) -> None:
        """Press a button of a message."""
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.ephemeral_for is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self.payload(
            "block_actions",
            user,
            container=container,
            channel=self._channel(message.channel),
            message=api_message(message, with_metadata=True),
            state={"values": {}},
            response_url=self.response_url(user, message.channel, message),
            actions=[action],
        )
        await self.act(user, payload)

    async def click_view(self, user: str, view_id: str, action: Json, values: Json) -> None:
        """Press a button of an open modal."""
        view = self.view_of(user, view_id) | {"state": {"values": values}}
        container = {"type": "view", "view_id": view_id}
        payload = self.payload("block_actions", user, container=container, view=view, actions=[action])
        await self.act(user, payload)

    async def submit(self, user: str, view_id: str, values: Json) -> Json | None:
        """Send a modal. Returns the errors the app found in it, if any."""
        view = self.view_of(user, view_id) | {"state": {"values": values}}
        answer = (
            await self.act(user, self.payload("view_submission", user, view=view, response_urls=[])) or {}
        )
        match answer.get("response_action"):
            case "errors":
                return cast(Json, answer.get("errors"))
            case "update":
                self._show(user, view_id, checked_view(answer.get("view")))
            case "push":
                self._show(user, random_id("V"), checked_view(answer.get("view")))
            case "clear":
                for other in [one for one, viewer in self.viewers.items() if viewer == user]:
                    self.close(other)
            case _:
                self.close(view_id)
        return None

    async def cancel(self, user: str, view_id: str) -> None:
        """Close a modal; the app hears of it if it asked to."""
        view = self.view_of(user, view_id)
        self.close(view_id)
        if view.get("notify_on_close"):
            await self.act(user, self.payload("view_closed", user, view=view, is_cleared=False))

    async def command(self, user: str, channel: str, command: str, text: str) -> CommandResult:
        """Send a slash command."""
        known = self.workspace.manifest["features"].get("slash_commands", [])
        if command not in [one["command"] for one in known]:
            raise NotPossible(f"{command} is not a valid command.")
        place = self._channel(channel)
        base = self.payload("command", user)
        payload = {
            "command": command,
            "text": text,
            "team_id": seed.TEAM_ID,
            "team_domain": "acme",
            "user_id": user,
            "user_name": self.workspace.people[user].name,
            "channel_id": place["id"],
            "channel_name": place["name"],
            "api_app_id": seed.APP_ID,
            "is_enterprise_install": "false",
            "token": "unused",
            "trigger_id": base["trigger_id"],
            "response_url": self.response_url(user, channel, None),
        }
        before = len(self.workspace.private)
        answer = await self.act(user, payload, "slash_commands")
        if answer:
            self.chat.respond(None, (channel, user), answer)
        shown = [one for one in self.workspace.private[before:] if one.ephemeral_for == user]
        return CommandResult(answer, shown)

    async def shortcut(self, user: str, callback_id: str, message: Message | None) -> None:
        """Use a shortcut: one of a message, or a global one."""
        kind = "message" if message else "global"
        known = self.workspace.manifest["features"].get("shortcuts", [])
        if (callback_id, kind) not in [(one["callback_id"], one["type"]) for one in known]:
            raise NotPossible("no such shortcut")
        more: Json = {"callback_id": callback_id, "action_ts": self.workspace.clock.next_ts()}
        if message is None:
            await self.act(user, self.payload("shortcut", user, **more))
            return
        more["channel"] = self._channel(message.channel)
        more["message"] = api_message(message)
        more["message_ts"] = message.ts
        more["response_url"] = self.response_url(user, message.channel, None)
        await self.act(user, self.payload("message_action", user, **more))

    def open_view(self, arguments: Json) -> Json:
        """views.open. Raises `Refusal`."""
        trigger = self._triggers.get(str(arguments.get("trigger_id")))
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self.workspace.clock.now() > trigger.expires:
            self.workspace.notice(trigger.user, "countersign took too long to open its dialog. Try again.")
            raise Refusal("expired_trigger_id")
        view = checked_view(arguments.get("view"))
        trigger.used = True
        return {"view": self._show(trigger.user, random_id("V"), view)}

    def update_view(self, arguments: Json) -> Json:
        """views.update. Raises `Refusal`."""
        view_id = str(arguments.get("view_id"))
        if view_id not in self.views:
            raise Refusal("not_found")
        if arguments.get("hash") not in (None, "", self.views[view_id]["hash"]):
            raise Refusal("hash_conflict")
        return {"view": self._show(self.viewers[view_id], view_id, checked_view(arguments.get("view")))}

    def view_of(self, user: str, view_id: str) -> Json:
        if self.viewers.get(view_id) != user:
            raise NotPossible("this dialog is not open")
        return self.views[view_id]

    def close(self, view_id: str) -> None:
        user = self.viewers.pop(view_id)
        del self.views[view_id]
        self.workspace.tell({"type": "view", "view": None, "view_id": view_id}, user)

    def response_url(self, user: str, channel: str, target: Message | None) -> str:
        word = secrets.token_hex(16)
        expires = self.workspace.clock.now() + RESPONSE_SECONDS
        self._urls[word] = _ResponseUrl((channel, user), target, expires)
        return f"{self.url}/response/{word}"

    def respond(self, word: str, arguments: Json) -> None:
        """Take what was posted to a response_url. Raises `Refusal`."""
        found = self._urls.get(word)
        if found is None or self.workspace.clock.now() > found.expires:
            raise Refusal("expired_url")
        if found.left <= 0:
            raise Refusal("used_url")
        found.left -= 1
        self.chat.respond(found.target, found.place, arguments)

    def _channel(self, channel: str) -> Json:
        found = self.workspace.channels[channel]
        return {"id": found.id, "name": "directmessage" if found.is_im else found.name}

    def _show(self, user: str, view_id: str, view: Json) -> Json:
        more = {"id": view_id, "team_id": seed.TEAM_ID, "app_id": seed.APP_ID, "bot_id": seed.BOT_ID}
        empty = {"private_metadata": "", "callback_id": "", "state": {"values": {}}, "root_view_id": view_id}
        shown = empty | view | more | {"hash": secrets.token_hex(8)}
        self.views[view_id] = shown
        self.viewers[view_id] = user
        self.workspace.tell({"type": "view", "view": shown, "view_id": view_id}, user)
        return shown
