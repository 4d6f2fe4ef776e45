"""The Web API: one door for every method, with tokens, scopes, rates and faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from devkit.slack import seed
from devkit.slack.access import Access
from devkit.slack.chat import Chat
from devkit.slack.faults import Fault, Faults
from devkit.slack.interactivity import Interactivity
from devkit.slack.pace import Pace
from devkit.slack.reading import Reading
from devkit.slack.shapes import Channel, Json, Refusal
from devkit.slack.sockets import Sockets
from devkit.slack.workspace import Workspace

Method = Callable[[Json], Json]
_NESTED = ("blocks", "attachments", "metadata", "view")


class WebApi:
    """Answers `/api/<method>`. `calls` is what was asked: method, arguments and answer."""

    def __init__(self, workspace: Workspace, access: Access, pace: Pace, faults: Faults) -> None:
        self._workspace = workspace
        self._access = access
        self._pace = pace
        self._faults = faults
        self._methods: dict[str, Method] = {}
        self.calls: list[Json] = []

    def offer(self, chat: Chat, interactivity: Interactivity, sockets: Sockets) -> None:
        """Say what answers each method."""
        reading = Reading(self._workspace)
        self._methods = {
            "auth.test": lambda _: identity(),
            "apps.connections.open": lambda given: {"url": f"{given['_ws']}?ticket={sockets.ticket()}"},
            "chat.postMessage": chat.post,
            "chat.update": chat.update,
            "chat.delete": chat.delete,
            "chat.postEphemeral": chat.post_ephemeral,
            "chat.getPermalink": chat.permalink,
            "conversations.replies": reading.replies,
            "conversations.history": reading.history,
            "conversations.info": reading.info,
            "conversations.open": reading.open,
            "conversations.members": reading.members,
            "users.info": reading.user,
            "usergroups.list": reading.usergroups,
            "usergroups.users.list": reading.usergroup_users,
            "views.open": interactivity.open_view,
            "views.update": interactivity.update_view,
        }

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        arguments = await read_arguments(request)
        call: Json = {"method": method, "arguments": arguments, "at": self._workspace.clock.now()}
        self.calls.append(call)
        fault = self._faults.take(method)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        response = _faulty(fault) or self._answer(request, method, arguments)
        call["answer"] = json.loads(response.text or "null")
        self._workspace.touch()
        if fault and fault.lost and request.transport:
            request.transport.close()
        return response

    def _answer(self, request: web.Request, method: str, arguments: Json) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(
            arguments.get("token", "")
        )
        try:
            if method not in self._methods:
                raise Refusal("unknown_method", req_method=method)
            self._access.check_token(method, token)
            channel = self._channel(arguments)
            self._access.check_scope(method, channel)
            if wait := self._pace.wait(method, channel.id if channel else ""):
                return _limited(wait)
            given = arguments | {"_ws": f"ws://{request.host}/link"}
            body = {"ok": True} | self._methods[method](given)
        except Refusal as refusal:
            body = refusal.answer()
        return web.json_response(body, headers={"x-oauth-scopes": ",".join(self._access.scopes)})

    def _channel(self, arguments: Json) -> Channel | None:
        try:
            return self._workspace.channel(str(arguments.get("channel", "")))
        except Refusal:
            return None


def identity() -> Json:
    """What auth.test tells the bot about itself."""
    return {
        "url": seed.TEAM_URL,
        "team": seed.TEAM_NAME,
        "user": "countersign",
        "team_id": seed.TEAM_ID,
        "user_id": seed.BOT_USER,
        "bot_id": seed.BOT_ID,
        "is_enterprise_install": False,
    }


async def read_arguments(request: web.Request) -> Json:
    """The arguments of a call in any of the ways Slack takes them."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body: Any = json.loads(await request.text() or "{}")
        except ValueError:
            body = {}
        if isinstance(body, dict):
            arguments |= cast(Json, body)
    elif request.method == "POST":
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in _NESTED:
        if isinstance(arguments.get(name), str):
            try:
                arguments[name] = json.loads(arguments[name])
            except ValueError:
                arguments[name] = {"not": "JSON"}
    return arguments


def _limited(seconds: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _faulty(fault: Fault | None) -> web.Response | None:
    if fault is None:
        return None
    if fault.status == 429:
        return _limited(fault.retry_after or 1)
    if fault.status:
        return web.json_response({"ok": False, "error": fault.error or "internal_error"}, status=fault.status)
    return web.json_response({"ok": False, "error": fault.error}) if fault.error else None
