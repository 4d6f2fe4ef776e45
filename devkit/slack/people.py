"""What people do: post, click, fill forms in, use commands and shortcuts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from devkit.slack import events, shared
from devkit.slack.block_rules import check_blocks
from devkit.slack.files import Files, listed
from devkit.slack.forms import filled, find_element, first_values, state_of, used
from devkit.slack.response_urls import ResponseUrls
from devkit.slack.rules import Refusal
from devkit.slack.sockets import Sockets
from devkit.slack.triggers import Triggers
from devkit.slack.views import View, Views
from devkit.slack.whereabouts import Whereabouts
from devkit.slack.workspace import APP_ID, BOT_USER, Message, Workspace

#: Names and contents of files that a person attaches.
Attached = Sequence[tuple[str, bytes]]
#: Whose words are in the place of a deleted message that has replies, and which.
SLACKBOT, TOMBSTONE = "USLACKBOT", "This message was deleted."
NO_ANSWER: Final = "The app did not respond in time."
TROUBLE: Final = "We had some trouble connecting. Try again? ({})"
NOT_IN_THREADS: Final = "{} is not supported in threads. Sorry!"


class People:
    """Turns what people do into deliveries, and the app's answers into what people see."""

    def __init__(
        self,
        workspace: Workspace,
        files: Files,
        sockets: Sockets,
        manifest: Mapping[str, Any],
        token: Callable[[], str],
    ) -> None:
        self._workspace, self._files, self._sockets = workspace, files, sockets
        self._events: list[str] = manifest["settings"]["event_subscriptions"]["bot_events"]
        self._features: dict[str, Any] = manifest.get("features", {})
        self._token, self._whereabouts = token, Whereabouts(workspace)
        self.response_urls = ResponseUrls(workspace, token, files.url)
        self._triggers = Triggers(workspace.clock, token)
        has_home = bool(self._features.get("app_home", {}).get("home_tab_enabled"))
        self.views = Views(workspace, self._triggers, token, has_home=has_home)
        self.sent: dict[str, list[dict[str, Any]]] = {}

    def forward(self, user: str, original: tuple[str, str], channel: str, comment: str = "") -> str:
        """Forward a message (channel, ts) as the head of a thread; returns the ts of what that posts."""
        message = self._workspace.messages[original[0]][original[1]]
        author = self._workspace.people[message.user]
        link = f"{self._files.url()}/archives/{original[0]}/p{original[1].replace('.', '')}"
        return self.say(user, channel, comment, below=[shared.forwarded(message, author, link)])

    def paste(self, user: str, channel: str, text: str, rows: Sequence[Sequence[str]]) -> str:
        """Post a table below some words, as the head of a thread; returns its ts."""
        return self.say(user, channel, text, below=[shared.table(rows)])

    def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Attached = (),
        below: Sequence[dict[str, Any]] = (),
    ) -> str:
        """Post a message; returns its ts. Raises `LookupError` for an archived channel."""
        if self._workspace.channels[channel].is_archived:
            raise LookupError("the channel is archived")
        message = Message(channel, self._workspace.new_ts(), user, text, thread_ts)
        person = self._workspace.people[user]
        message.team, message.app = person.team, person.real_name if person.is_bot else ""
        message.attachments = [*below]
        message.files = [self._files.attach(user, name, content) for name, content in files]
        self._workspace.add(message)
        place = self._workspace.channels[channel]
        payloads = events.message_events(
            message,
            listed(message, place, self._files.url()),
            channel_type=place.kind,
            event_id=self._event_id,
            whereabouts=self._whereabouts,
        )
        self.sent[message.ts] = [p for p in payloads if self._subscribed(p["event"])]
        for payload in self.sent[message.ts]:
            self._sockets.send_event(payload)
        return message.ts

    def echo(self, before: Message, after: Message | None) -> None:
        """Send the event of an edit or a deletion."""
        at = self._workspace.new_ts()
        kind = self._workspace.channels[before.channel].kind
        payload = events.change_event(
            before, after, self._event_id(), at, channel_type=kind, whereabouts=self._whereabouts
        )
        if self._subscribed(payload["event"]):
            self._sockets.send_event(payload)

    def delete(self, channel: str, ts: str) -> None:
        """Delete anybody's message, as an admin may. With replies it leaves a tombstone."""
        message = self._workspace.messages[channel][ts]
        before = copy.copy(message)
        if message.thread_ts is None and len(self._workspace.thread(channel, ts)) > 1:
            message.user, message.text, message.blocks = SLACKBOT, TOMBSTONE, None
            message.files, message.is_tombstone = [], True
            self._workspace.changed(message)
            self.echo(before, message)
        else:
            self._workspace.delete(message)
            self.echo(before, None)

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message. Raises `LookupError` for another's."""
        message = self._workspace.messages[channel][ts]
        if message.user != user:
            raise LookupError("only who wrote a message changes it")
        before = copy.copy(message)
        message.text, message.is_edited = text, True
        self._workspace.changed(message)
        self.echo(before, message)

    async def click(
        self,
        user: str,
        place: tuple[str, str],
        action_id: str,
        value: Any = None,
        *,
        block_id: str | None = None,
    ) -> bool:
        """Click a button; False if the app did not answer. Raises `LookupError` for no such button."""
        channel, message_ts = place
        message = self._workspace.find(channel, message_ts) or self._whispered(user, message_ts)
        if message is None:
            raise LookupError(f"there is no live button {action_id!r}")
        element = find_element(message.blocks or [], action_id, value, block_id)
        private = self._whispered(user, message_ts) is not None
        where = {"type": "message", "message_ts": message_ts, "channel_id": channel, "is_ephemeral": private}
        payload = self._interactive("block_actions", user) | {
            "actions": [self._action(element, value)],
            "container": where,
            "channel": {"id": channel, "name": self._workspace.channels[channel].name},
            "message": events.message_form(message, metadata=True),
            "state": {"values": first_values(message.blocks or [], {})},
            "response_url": self.response_urls.new(user, channel, message_ts if private else ""),
        }
        return await self._ask(payload, user) is not None

    async def act(
        self,
        user: str,
        view: View,
        action_id: str,
        value: Any = None,
        *,
        block_id: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        """Use an element of a view; False if the app did not answer. `values` were given before that."""
        blocks = view.body["blocks"]
        element = find_element(blocks, action_id, value, block_id)
        block = next(block for block in blocks if block["block_id"] == element["block_id"])
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise LookupError(f"the app hears of {action_id!r} when the form is submitted, not before")
        view.values = filled(view.values, values or {})
        state = state_of(element, value)
        if state:
            view.values[block["block_id"]][element["action_id"]] = state
        payload = self._interactive("block_actions", user) | {
            "actions": [self._action(element, value)],
            "container": {"type": "view", "view_id": view.id},
            "view": self._form(view),
        }
        return await self._ask(payload, user) is not None

    async def submit(self, user: str, view_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Submit a form; the app's answer ({} closes it). Raises `LookupError` for a closed form."""
        view = self.views.open[view_id]
        if view.user != user:
            raise LookupError(f"{view_id} is not open for {user}")
        view.values = filled(view.values, values)
        payload = self._interactive("view_submission", user) | {"view": self._form(view), "response_urls": []}
        answer = await self._ask(payload, user)
        if answer is None:
            return {}
        try:
            self.views.answer(view, answer)
        except Refusal as refusal:
            self._workspace.notice(user, TROUBLE.format(f"{refusal.code} {refusal.extra}"))
        return answer

    async def dismiss(self, user: str, view_id: str, *, everything: bool = False) -> None:
        """Close a form without submitting it, or its whole stack."""
        view = self.views.open[view_id]
        cleared = everything or view.body["clear_on_close"]
        if cleared:
            self.views.clear(view)
        else:
            self.views.close(view_id)
        if view.body["notify_on_close"]:
            payload = self._interactive("view_closed", user)
            await self._ask(payload | {"view": self._form(view), "is_cleared": cleared}, user)

    def open_home(self, user: str, tab: str = "home") -> None:
        """Open a tab of the app's home. Raises `LookupError` if the app has no Home."""
        if tab == "home" and not self.views.has_home:
            raise LookupError("the Home tab is not enabled")
        at = self._workspace.new_ts()
        home = self.views.homes.get(user) if tab == "home" else None
        channel = self._workspace.direct(user).id
        event = events.home_event(user, channel, at, tab, home.form if home else None)
        if self._subscribed(event):
            place = self._whereabouts.of_event(user)
            self._sockets.send_event(events.envelope(event, self._event_id(), float(at), place))

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
            "response_url": self.response_urls.new(user, channel),
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
            **self._whereabouts.of_command(user),
            "api_app_id": APP_ID,
            "trigger_id": self._triggers.new(user),
            "response_url": self.response_urls.new(user, channel),
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

    async def _ask(self, payload: dict[str, Any], user: str) -> dict[str, Any] | None:
        answer = await self._sockets.ask("interactive", payload)
        if answer is None:
            self._workspace.notice(user, NO_ANSWER)
        return answer

    def _action(self, element: Mapping[str, Any], value: Any) -> dict[str, Any]:
        return used(element, value) | {"action_ts": self._workspace.new_ts()}

    def _interactive(self, kind: str, user: str) -> dict[str, Any]:
        return {
            "type": kind,
            **self._whereabouts.of_interaction(user),
            "api_app_id": APP_ID,
            "token": "verification",
            "trigger_id": self._triggers.new(user),
        }

    def _form(self, view: View) -> dict[str, Any]:
        return view.form | self._whereabouts.of_view()

    def _whispered(self, user: str, ts: str) -> Message | None:
        return next((m for who, m in self._workspace.ephemerals if who == user and m.ts == ts), None)

    def _subscribed(self, event: Mapping[str, Any]) -> bool:
        if event["type"] != "message":
            return event["type"] in self._events
        kinds = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}
        return kinds[event["channel_type"]] in self._events

    def _event_id(self) -> str:
        return f"Ev{self._token()}"
