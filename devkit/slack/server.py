"""The stand-in as one object: started and stopped, spoken to by tests and by the page."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from devkit.serving import Server
from devkit.slack.api import Api, ApiCall, Fault
from devkit.slack.block_contents import texts
from devkit.slack.clock import Clock
from devkit.slack.files import Files
from devkit.slack.methods import Methods
from devkit.slack.page import Act, Page, Read
from devkit.slack.people import Attached, People
from devkit.slack.rules import Pace
from devkit.slack.same_origin import same_origin
from devkit.slack.sockets import Delivery, Sockets
from devkit.slack.transcript import transcript
from devkit.slack.views import View
from devkit.slack.workspace import Message, Workspace

#: Longest wait of `until`, in seconds.
PATIENCE = 120.0
#: Seconds after which `until` looks again though nothing has changed in Slack.
GLANCE = 0.2


class SlackStandIn:
    """A strict Slack for one app, described by its manifest. `strict_pace` limits its calls."""

    def __init__(self, manifest: Mapping[str, Any], *, strict_pace: bool = True) -> None:
        self.bot_token = f"xoxb-devkit-{secrets.token_hex(8)}"
        self.app_token = f"xapp-1-devkit-{secrets.token_hex(8)}"
        self.workspace = Workspace(time.time)  # noqa: TID251 - where the stand-in's time comes from
        self._sockets = Sockets(self.workspace.clock, _token)
        scopes = list(manifest["oauth_config"]["scopes"]["bot"])
        self.files = Files(self.workspace, self.bot_token, scopes, lambda: self.url, _token)
        self._people = People(self.workspace, self.files, self._sockets, manifest, _token)
        #: Change a message of one's own, forward one, paste a table: see `People`.
        self.edits, self.forwards, self.pastes = self._people.edit, self._people.forward, self._people.paste
        methods = Methods(self.workspace, lambda: self.url)
        methods.changed, self.streams = self._people.echo, methods.streams
        self._api = Api(
            {**methods.by_name, **self._people.views.by_name, **self.files.by_name},
            (self.bot_token, self.app_token),
            scopes,
            self.workspace.clock,
            Pace(self.workspace.clock) if strict_pace else None,
            {"apps.connections.open": self._open_connection},
        )
        self._page = Page(self.workspace, self._people, manifest, lambda: self.url)
        self._tickets: set[str] = set()
        self._sockets.changed = lambda: self.workspace.announce({"type": "sockets"})
        self._api.refused = lambda: self.workspace.announce({"type": "refused"})
        self.workspace.clock.moved = self._sockets.retry
        app = web.Application(client_max_size=64 * 1024**2, middlewares=[same_origin])
        app.router.add_route("*", "/api/{method}", self._api.serve)
        app.router.add_get("/socket/{ticket}", self._socket)
        for part in (self.files, self._people.response_urls, self._page):
            part.add_routes(app)
        self._server = Server(app)

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on the given one."""
        await self._server.start(port)

    async def stop(self) -> None:
        """Close every socket and stop listening."""
        await self._sockets.close()
        await self._server.stop()

    @property
    def url(self) -> str:
        """The address of the page."""
        return self._server.address

    @property
    def api_url(self) -> str:
        """The base URL of the Web API."""
        return f"{self.url}/api/"

    @property
    def clock(self) -> Clock:
        """The stand-in's time."""
        return self.workspace.clock

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return self._sockets.count

    @property
    def opened(self) -> int:
        """How many sockets were opened so far, those closed again at once included."""
        return self._sockets.opened

    @property
    def calls(self) -> list[ApiCall]:
        """Every call of the Web API that got through."""
        return self._api.calls

    @property
    def deliveries(self) -> list[Delivery]:
        """Every envelope, in the order of its sending."""
        return self._sockets.deliveries

    @property
    def views(self) -> dict[str, View]:
        """The open forms by id, the top of a stack last."""
        return self._people.views.open

    @property
    def homes(self) -> dict[str, dict[str, Any]]:
        """The published Home of each person who has one."""
        return {user: home.body for user, home in self._people.views.homes.items()}

    def home_text(self, user: str) -> str:
        """All the words of a person's Home; none if it was never published."""
        return "\n".join(texts(self.homes.get(user, {}).get("blocks", [])))

    def add_panel(self, name: str, read: Read, act: Act | None = None) -> None:
        """Let the page show a panel, and give orders to it."""
        self._page.panels[name] = (read, act)

    def guide(self, examples: Mapping[str, str], *, role: str, approvers: Sequence[str]) -> None:
        """Let the page propose messages by title, and show who approves what the first of them asks for."""
        self._page.examples, self._page.approver = examples, self.workspace.entitle(role, approvers)

    def panel_changed(self, name: str) -> None:
        """Let the page read a panel again."""
        self.workspace.announce({"type": "panel", "name": name})

    def fault(self, method: str, **what: Any) -> Fault:
        """Let the next calls of a method fail; its `times` come down with each that does."""
        return self._api.begin(Fault(method, **what))

    def heal(self) -> None:
        """End every fault."""
        self._api.faults.clear()

    def revoke(self, code: str = "token_revoked", *, bot: bool = True, app: bool = False) -> None:
        """Let Slack take a token no more, until `restore`; open sockets stay open, events go on."""
        tokens = {self.bot_token: bot, self.app_token: app}
        self._api.revoked |= {token: code for token, is_meant in tokens.items() if is_meant}
        self.files.is_revoked = self.bot_token in self._api.revoked

    def restore(self) -> None:
        """Let Slack take every token again."""
        self._api.revoked.clear()
        self.files.is_revoked = False

    async def says(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, files: Attached = ()
    ) -> str:
        """Post as a person, with files if there are any; returns the message's ts."""
        return self._people.say(user, channel, text, thread_ts, files)

    async def deliver_again(self, ts: str) -> None:
        """Send the events of a message once more, as Slack does when it missed an ack."""
        for payload in self._people.sent[ts]:
            self._sockets.send_event(payload)

    async def clicks(
        self, user: str, channel: str, message_ts: str, action_id: str, *, value: str | None = None
    ) -> bool:
        """Click a button; False if the app did not answer. Raises `LookupError` for no such button."""
        return await self._people.click(user, (channel, message_ts), action_id, value)

    async def opens_home(self, user: str) -> None:
        """Open the app's Home. Raises `LookupError` if the manifest has none."""
        self._people.open_home(user)

    async def clicks_home(self, user: str, action_id: str, *, value: Any = None) -> bool:
        """Click a button of a person's Home, as `clicks` does in a message."""
        home = self._people.views.homes.get(user)
        if home is None:
            raise LookupError(f"{user} has no Home yet")
        return await self._people.act(user, home, action_id, value)

    async def clicks_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        value: Any = None,
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        """Use an element of an open form; `values` is what the person had filled in before that."""
        view = self.views.get(view_id)
        if view is None or view.user != user:
            raise LookupError(f"{user} has no form {view_id} open")
        return await self._people.act(user, view, action_id, value, values=values)

    async def closes(self, user: str, view_id: str) -> None:
        """Close a form without submitting it."""
        await self._people.dismiss(user, view_id)

    def deletes(self, channel: str, ts: str) -> None:
        """Delete a message as an admin of the workspace. With replies it leaves a tombstone."""
        self._people.delete(channel, ts)

    def archives(self, channel: str) -> None:
        """Archive a channel."""
        self.workspace.archive(channel)

    def removes_bot(self, channel: str) -> None:
        """Take the bot out of a channel."""
        self.workspace.remove_bot(channel)

    async def submits(self, user: str, view_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Submit a form with its `state.values`."""
        return await self._people.submit(user, view_id, values)

    async def command(
        self, user: str, channel: str, command: str, text: str = "", *, thread_ts: str | None = None
    ) -> dict[str, Any] | None:
        """Use a slash command; the app's answer, None if it got none."""
        return await self._people.command(user, channel, command, text, thread_ts)

    async def shortcut(self, user: str, callback_id: str, channel: str, message_ts: str) -> bool:
        """Use a message shortcut; False if the app did not answer."""
        return await self._people.shortcut(user, callback_id, channel, message_ts)

    def thread(self, channel: str, thread_ts: str) -> list[Message]:
        """The messages of a thread, its first included."""
        return self.workspace.thread(channel, thread_ts)

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person was shown."""
        return [message for who, message in self.workspace.ephemerals if who == user]

    def duplicate_next(self, count: int = 1) -> None:
        """Deliver the next events twice."""
        self._sockets.duplicates = count

    async def envelope(self, kind: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Deliver an envelope as it is, once; the app's answer, or None without an ack in time."""
        return await self._sockets.ask(kind, payload)

    def gives_up(self, *, unheard_only: bool = False) -> None:
        """Let Slack forget every event that was not acked yet, or only those that were sent on deaf sockets."""
        self._sockets.give_up(unheard_only=unheard_only)

    def tries_again(self) -> None:
        """Deliver at once whatever was not acked and would be delivered again in some minutes."""
        self._sockets.retry(early=True)

    def deafen(self) -> None:
        """Let no event arrive on the sockets that are open now."""
        self._sockets.deafen()

    def allow_sockets(self, most: int) -> None:
        """Close every socket above so many at once, as Slack does above ten."""
        self._sockets.most = most

    async def disconnect(self) -> None:
        """Ask every socket to connect anew."""
        await self._sockets.disconnect()

    async def cut(self) -> None:
        """Break every socket."""
        await self._sockets.cut()

    async def until(self, true: Callable[[], Any], *, timeout: float = PATIENCE) -> None:
        """Wait until something is so. Raises `AssertionError` with every thread if it never is."""
        try:
            async with asyncio.timeout(timeout):
                while not true():
                    with contextlib.suppress(TimeoutError):  # it may be about something else than Slack
                        await asyncio.wait_for(self.workspace.change(), GLANCE)
        except TimeoutError:
            raise AssertionError(f"it did not come to that; this is what there is:\n{self.dump()}") from None

    def dump(self) -> str:
        """Everything that was said, for a failed test."""
        return transcript(self.workspace)

    async def _open_connection(self, _: Mapping[str, Any]) -> dict[str, Any]:
        ticket = _token()
        self._tickets.add(ticket)
        return {"url": f"{self.url.replace('http', 'ws', 1)}/socket/{ticket}"}

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        return await self._sockets.serve(request)


def _token() -> str:
    return secrets.token_hex(8)
