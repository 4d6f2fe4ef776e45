"""No page of another site talks to the stand-in through somebody's browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web


@web.middleware
async def same_origin(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Refuse a request under another name than this machine's, or from another site's page."""
    origin = request.headers.get("Origin")
    if request.host.split(":")[0] not in {"127.0.0.1", "localhost"}:
        raise web.HTTPForbidden
    if origin is not None and origin != f"http://{request.host}":
        raise web.HTTPForbidden
    return await handler(request)
