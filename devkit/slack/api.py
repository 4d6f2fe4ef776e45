"""The Web API over HTTP: tokens, encodings, scopes, pace and faults around the methods."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web

from devkit.slack import rules
from devkit.slack.rules import Pace, Refusal


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next calls of a method ("*" is every one), in one `channel` if it is given.

    Such a call is answered, and takes effect, `delay` seconds later, and not before `until` is set.
    """

    method: str
    error: str = ""
    status: int = 200
    retry_after: int | None = None
    delay: float = 0.0
    times: int = 1
    channel: str | None = None
    until: asyncio.Event | None = None
    #: The answer does not name the token's scopes, as where a proxy keeps such headers.
    hides_scopes: bool = False

    def hits(self, method: str, given: Mapping[str, Any]) -> bool:
        """Whether a call is one of those."""
        return self.method in {method, "*"} and self.channel in {None, given.get("channel")}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call as tests look at it."""

    method: str
    arguments: Mapping[str, Any]
    answer: Mapping[str, Any]


class Api:
    """Answers `/api/{method}`."""

    def __init__(
        self,
        methods: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]],
        tokens: tuple[str, str],
        scopes: list[str],
        clock: Callable[[], float],
        pace: Pace | None,
        special: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]],
    ) -> None:
        self._methods = methods
        self._bot_token, self._app_token = tokens
        self._scopes = scopes
        self._clock = clock
        self._pace = pace
        self._special = special
        self.faults: list[Fault] = []
        #: Slack's code for each of the tokens that it does not take for now.
        self.revoked: dict[str, str] = {}
        self.calls: list[ApiCall] = []
        #: Called when a call was refused, which changes nothing in the workspace.
        self.refused: Callable[[], None] = lambda: None

    def begin(self, fault: Fault) -> Fault:
        """Let it hit the next calls."""
        self.faults.append(fault)
        return fault

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        given = await _arguments(request)
        fault = self._fault(method, given)
        headers = self._headers(fault)
        if fault:
            await asyncio.sleep(fault.delay)
            if fault.until is not None:
                await fault.until.wait()
            if fault.status != 200:
                retry = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
                body = {"ok": False, "error": fault.error or "ratelimited"}
                return web.json_response(body, status=fault.status, headers=retry)
            if fault.error:
                return web.json_response({"ok": False, "error": fault.error}, headers=headers)
        try:
            self._authorize(request, given, method)
            if wait := self._wait(method, given):
                body = {"ok": False, "error": "ratelimited"}
                return web.json_response(body, status=429, headers={"Retry-After": str(wait)})
            answer = {"ok": True, **await self._call(method, given)}
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.code, **refusal.extra}
        self.calls.append(ApiCall(method, given, answer))
        if not answer["ok"]:
            self.refused()
        return web.json_response(answer, headers=headers)

    def _headers(self, fault: Fault | None) -> dict[str, str]:
        hides = fault is not None and fault.hides_scopes
        scopes = {} if hides else {"x-oauth-scopes": ",".join(self._scopes)}
        return scopes | {"Date": formatdate(self._clock(), usegmt=True)}

    async def _call(self, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
        rules.check_scope(method, self._scopes)
        if method in self._special:
            return await self._special[method](given)
        if method not in self._methods:
            raise Refusal("unknown_method", req_method=method)
        return self._methods[method](given)

    def _authorize(self, request: web.Request, given: Mapping[str, Any], method: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        token = token or str(given.get("token") or "")
        right = self._app_token if method == "apps.connections.open" else self._bot_token
        if token == right and token in self.revoked:
            raise Refusal(self.revoked[token])
        if token == right:
            return
        if token in {self._app_token, self._bot_token}:
            raise Refusal("not_allowed_token_type")
        raise Refusal("invalid_auth" if token else "not_authed")

    def _wait(self, method: str, given: Mapping[str, Any]) -> int:
        return self._pace.wait(method, str(given.get("channel"))) if self._pace else 0

    def _fault(self, method: str, given: Mapping[str, Any]) -> Fault | None:
        for fault in self.faults:
            if fault.hits(method, given):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Read arguments from query, form or JSON; nested JSON may come as text."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json() if request.can_read_body else {}
    elif request.can_read_body:
        given |= {key: str(value) for key, value in (await request.post()).items()}
    for key in ("blocks", "chunks", "metadata", "view", "files"):
        if isinstance(given.get(key), str):
            try:
                given[key] = json.loads(given[key])
            except ValueError:
                raise web.HTTPBadRequest(text=f"{key} is not JSON") from None
    return given
