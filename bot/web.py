"""What a supervisor asks a replica: `/healthz` (does it live) and `/readyz` (can it work)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

#: Says what keeps the replica from working right now, one sentence for each thing; nothing if it can work.
Complaints = Callable[[], Awaitable[Sequence[str]]]

COMPLAINTS: web.AppKey[Complaints] = web.AppKey("complaints")


@asynccontextmanager
async def serving(host: str, port: int, complaints: Complaints) -> AsyncGenerator[None]:
    """Serve both pages while the block runs; port 0 serves nothing. Raises `OSError` if the port is taken."""
    if port == 0:
        yield
        return
    runner = web.AppRunner(build(complaints), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def build(complaints: Complaints) -> web.Application:
    """Make the web application."""
    app = web.Application()
    app[COMPLAINTS] = complaints
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def _readyz(request: web.Request) -> web.Response:
    complaints = list(await request.app[COMPLAINTS]())
    status = 503 if complaints else 200
    return web.json_response({"ok": not complaints, "complaints": complaints}, status=status)
