"""What a supervisor asks a replica: `/healthz` (does it live), `/readyz` (can it work), `/metrics` (how is it doing)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

#: Says what keeps the replica from working right now, one sentence for each thing; nothing if it can work.
Complaints = Callable[[], Awaitable[Sequence[str]]]
#: What else is worth knowing of it, by name.
Facts = Callable[[], Awaitable[Mapping[str, object]]]
#: What was measured, for an `Accept` header: the page, and its content type.
Measured = Callable[[str], Awaitable[tuple[bytes, str]]]

COMPLAINTS: web.AppKey[Complaints] = web.AppKey("complaints")
FACTS: web.AppKey[Facts] = web.AppKey("facts")
MEASURED: web.AppKey[Measured] = web.AppKey("measured")


@asynccontextmanager
async def serving(
    host: str, port: int, complaints: Complaints, facts: Facts, measured: Measured
) -> AsyncGenerator[None]:
    """Serve the pages while the block runs; port 0 serves nothing. Raises `OSError` if the port is taken."""
    if port == 0:
        yield
        return
    runner = web.AppRunner(build(complaints, facts, measured), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def build(complaints: Complaints, facts: Facts, measured: Measured) -> web.Application:
    """Make the web application."""
    app = web.Application()
    app[COMPLAINTS] = complaints
    app[FACTS] = facts
    app[MEASURED] = measured
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/metrics", _metrics)
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def _readyz(request: web.Request) -> web.Response:
    complaints = list(await request.app[COMPLAINTS]())
    said = {"ok": not complaints, "complaints": complaints, **await request.app[FACTS]()}
    return web.json_response(said, status=503 if complaints else 200)


async def _metrics(request: web.Request) -> web.Response:
    page, content_type = await request.app[MEASURED](request.headers.get("Accept", ""))
    return web.Response(body=page, headers={"Content-Type": content_type})
