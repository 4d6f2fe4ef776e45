"""Orders over HTTP, for whoever is not in this process: faults, time, sockets, the log of calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from devkit.slack.server import SlackStandIn


def add_routes(app: web.Application, slack: SlackStandIn) -> None:
    """Add `/_control/{order}`; every order is a JSON object."""

    async def control(request: web.Request) -> web.StreamResponse:
        given: dict[str, Any] = await request.json() if request.can_read_body else {}
        orders: dict[str, Callable[[], Any]] = {
            "fault": lambda: slack.fault(**given),
            "heal": slack.heal,
            "revoke": lambda: slack.revoke(**given),
            "restore": slack.restore,
            "advance": lambda: slack.clock.advance(float(given["seconds"])),
            "duplicate": lambda: slack.duplicate_next(int(given.get("count", 1))),
            "calls": lambda: [{"method": c.method, "ok": c.answer.get("ok")} for c in slack.calls],
        }
        name = request.match_info["order"]
        if name == "disconnect":
            await slack.disconnect()
            return web.json_response({"ok": True})
        if name not in orders:
            return web.json_response({"ok": False, "error": "unknown_order"}, status=404)
        try:
            result = orders[name]()
        except (TypeError, ValueError, KeyError) as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True, "result": result})

    app.router.add_post("/_control/{order}", control)


@web.middleware
async def same_origin(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Let no page of another site talk to the stand-in through somebody's browser."""
    origin = request.headers.get("Origin")
    if request.host.split(":")[0] not in {"127.0.0.1", "localhost"}:
        raise web.HTTPForbidden
    if origin is not None and origin != f"http://{request.host}":
        raise web.HTTPForbidden
    return await handler(request)
