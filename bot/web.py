"""What a supervisor asks a replica: `/healthz` (does it live) and `/readyz` (can it work)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

#: Answers whether the replica can work right now: its socket is open and Redis answers.
Ready = Callable[[], Awaitable[bool]]

READY: web.AppKey[Ready] = web.AppKey("ready")


@asynccontextmanager
async def serving(host: str, port: int, ready: Ready) -> AsyncGenerator[None]:
    """Serve both pages while the block runs; port 0 serves nothing. Raises `OSError` if the port is taken."""
    if port == 0:
        yield
        return
    runner = web.AppRunner(build(ready), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def build(ready: Ready) -> web.Application:
    """Make the web application."""
    app = web.Application()
    app[READY] = ready
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def _readyz(request: web.Request) -> web.Response:
    ready = await request.app[READY]()
    return web.json_response({"ok": ready}, status=200 if ready else 503)
