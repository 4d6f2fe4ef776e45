"""What the page in the browser asks for."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from devkit.slack.people import People
from devkit.slack.workspace import ANA, TEAM, TEAM_NAME, Workspace, page_form

STATIC: Final = Path(__file__).with_name("static")

Read = Callable[[], Awaitable[dict[str, Any]]]
Act = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


class Page:
    """The page, its state, its stream of events, and its panels."""

    def __init__(
        self, workspace: Workspace, people: People, manifest: Mapping[str, Any], url: Callable[[], str]
    ) -> None:
        self._workspace = workspace
        self._people = people
        self._features: Mapping[str, Any] = manifest.get("features", {})
        self._url = url
        self.panels: dict[str, tuple[Read, Act | None]] = {}
        #: What a newcomer may try: title → message; and who can approve the first of it.
        self.examples: Mapping[str, str] = {}
        self.approver = ""

    def add_routes(self, app: web.Application) -> None:
        """Add the page's routes."""
        app.router.add_get("/", self._index)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/page/state", self._state)
        app.router.add_get("/page/events", self._events)
        app.router.add_get("/page/panel/{name}", self._panel)
        app.router.add_post("/page/panel/{name}", self._act_on_panel)
        app.router.add_post("/page/{deed}", self._do)

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-store"})

    async def _state(self, request: web.Request) -> web.StreamResponse:
        me = request.query.get("as") or ANA
        if me not in self._workspace.people or self._workspace.people[me].is_bot:
            me = ANA
        channels = [c for c in self._workspace.channels.values() if me in c.members]
        fields = ("id", "name", "real_name", "title", "color", "is_restricted", "is_bot")
        state = {
            "team": {"id": TEAM, "name": TEAM_NAME, "url": self._url()},
            "me": me,
            "people": [
                {field: getattr(person, field) for field in fields}
                for person in self._workspace.people.values()
            ],
            "channels": [
                {
                    "id": c.id,
                    "name": c.name,
                    "kind": "dm" if c.is_direct else "channel",
                    "members": list(c.members),
                    "is_archived": c.is_archived,
                }
                for c in channels
            ],
            "commands": self._features.get("slash_commands", []),
            "shortcuts": self._features.get("shortcuts", []),
            "usergroups": [
                {"id": group, "handle": handle, "users": users}
                for group, (handle, users) in self._workspace.groups.items()
            ],
            "messages": {
                c.id: [
                    page_form(m, self._workspace) for _, m in sorted(self._workspace.messages[c.id].items())
                ]
                for c in channels
            },
            "views": [view.form for view in self._people.views.open.values() if view.user == me],
            "home": self._home(me),
            "panels": list(self.panels),
            "examples": [{"title": title, "text": text} for title, text in self.examples.items()],
            "approver": self.approver,
        }
        return web.json_response(state)

    def _home(self, me: str) -> dict[str, Any]:
        views = self._people.views
        home = views.homes.get(me)
        return {"enabled": views.has_home, "view": home.form if home else None}

    async def _events(self, request: web.Request) -> web.StreamResponse:
        me = request.query.get("as", "")
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        def watch(frame: dict[str, Any], only_for: str | None) -> None:
            channel = self._workspace.channels.get(str(frame.get("channel")))
            if only_for in {None, me} and (channel is None or me in channel.members):
                frames.put_nowait(frame)

        async def pump() -> None:
            while True:
                await socket.send_json(await frames.get())

        unwatch = self._workspace.watch(watch)
        pumping = asyncio.create_task(pump())
        try:
            async for _ in socket:
                pass
        finally:
            unwatch()
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
        return socket

    async def _panel(self, request: web.Request) -> web.StreamResponse:
        read, _ = self.panels[request.match_info["name"]]
        return web.json_response(await read())

    async def _act_on_panel(self, request: web.Request) -> web.StreamResponse:
        _, act = self.panels[request.match_info["name"]]
        if act is None:
            return web.json_response({"ok": False, "error": "This panel takes no orders."})
        return web.json_response(await act(await request.json()))

    async def _do(self, request: web.Request) -> web.StreamResponse:
        given: dict[str, Any] = await request.json()
        deed = getattr(self, f"_{request.match_info['deed']}_deed", None)
        if deed is None or given.get("as") not in self._workspace.people:
            return web.json_response({"ok": False, "error": "The stand-in does not know that."})
        try:
            return web.json_response({"ok": True} | await deed(str(given["as"]), given))
        except LookupError as error:
            return web.json_response({"ok": False, "error": f"That is not there any more. {error}"})

    async def _post_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        text = re.sub(r"\r\n?", "\n", str(given["text"]))
        files = [(str(one["name"]), base64.b64decode(one["content"])) for one in given.get("files") or ()]
        return {"ts": self._people.say(me, given["channel"], text, given.get("thread_ts") or None, files)}

    async def _edit_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self._people.edit(me, str(given["channel"]), str(given["ts"]), str(given["text"]))
        return {}

    async def _delete_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        channel, ts = str(given["channel"]), str(given["ts"])
        if self._workspace.messages[channel][ts].user != me:
            raise LookupError("It is not yours.")
        self._people.delete(channel, ts)
        return {}

    async def _action_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        place = (str(given["channel"]), str(given["message_ts"]))
        await self._people.click(
            me, place, str(given["action_id"]), given.get("value"), block_id=given.get("block_id")
        )
        return {}

    async def _view_action_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        views = self._people.views
        mine = [view for view in (*views.open.values(), *views.homes.values()) if view.user == me]
        view = next((view for view in mine if view.id == given["view_id"]), None)
        if view is None:
            raise LookupError("The view is closed.")
        action_id, block_id, values = str(given["action_id"]), given["block_id"], given.get("values")
        await self._people.act(me, view, action_id, given.get("value"), block_id=str(block_id), values=values)
        return {}

    async def _app_home_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self._people.open_home(me, str(given["tab"]))
        return {}

    async def _command_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        thread_ts = given.get("thread_ts") or None
        await self._people.command(
            me, given["channel"], given["command"], str(given.get("text") or ""), thread_ts
        )
        return {}

    async def _shortcut_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        await self._people.shortcut(me, given["callback_id"], given["channel"], given["message_ts"])
        return {}

    async def _view_submit_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self._people.submit(me, given["view_id"], given["values"])
        return {"ok": False, "errors": answer["errors"]} if answer.get("errors") else {}

    async def _view_close_deed(self, me: str, given: Mapping[str, Any]) -> dict[str, Any]:
        await self._people.dismiss(me, given["view_id"], everything=bool(given.get("all")))
        return {}
