"""A sandbox bridge on this machine: the protocol of Cloudflare's, the isolation of bubblewrap."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from devkit.bridge import requests
from devkit.bridge.egress import Egress
from devkit.bridge.exec_events import ExecEvents
from devkit.bridge.fleet import Deleted, Fleet, Full, Held
from devkit.bridge.inside.jobs import NOT_FOUND, UNSAFE
from devkit.bridge.isolation import CannotIsolate, available
from devkit.bridge.job import Job
from devkit.bridge.limits import Limits
from devkit.bridge.requests import Refused
from devkit.bridge.sandbox import MountFailed, SandboxFailed
from devkit.serving import Server

TIMED_OUT = 124
#: How often idle sandboxes are looked for, in seconds.
SWEEP = 15.0
READ_ERROR, WRITE_ERROR = "workspace_archive_read_error", "workspace_archive_write_error"


def _clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a server of its own has a clock of its own


class BridgeServer:
    """Speaks HTTP on 127.0.0.1. Buckets are folders in `root`; everything else is gone with its sandbox.

    What runs in a sandbox reaches no network; with `egress`, the hosts on its list. Without an `api_key` it makes one.
    """

    def __init__(
        self,
        root: Path,
        limits: Limits | None = None,
        *,
        now: Callable[[], datetime] = _clock,
        egress: Egress | None = None,
        api_key: str = "",
    ) -> None:
        self.api_key = api_key or f"bridge-{secrets.token_hex(16)}"
        self._limits = limits or Limits()
        self._buckets = root.absolute() / "buckets"
        self._fleet = Fleet(self._limits, now=now, egress=egress)
        self._sweeper: asyncio.Task[None] | None = None
        app = web.Application(middlewares=[self._guard])
        one = "/v1/sandbox/{id}"
        app.router.add_get("/health", self._health)
        app.router.add_get("/v1/sandboxes", self._list)
        app.router.add_post("/v1/sandbox", self._create)
        app.router.add_delete(one, self._delete)
        app.router.add_get(f"{one}/running", self._running)
        app.router.add_post(f"{one}/exec", self._exec)
        app.router.add_get(f"{one}/file/{{path:.*}}", self._read)
        app.router.add_put(f"{one}/file/{{path:.*}}", self._write)
        app.router.add_post(f"{one}/persist", self._persist)
        app.router.add_post(f"{one}/hydrate", self._hydrate)
        app.router.add_post(f"{one}/mount", self._mount)
        app.router.add_post(f"{one}/unmount", self._unmount)
        app.router.add_get(f"{one}/pty", self._pty)
        self._server = Server(app)

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on the given one; raises `CannotIsolate` if this host cannot."""
        problem = await asyncio.to_thread(available)
        if problem is not None:
            raise CannotIsolate(problem)
        self._buckets.mkdir(parents=True, exist_ok=True)
        await self._server.start(port)
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Stop listening and end every sandbox."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        await self._server.stop()
        await self._fleet.end_all()

    @property
    def url(self) -> str:
        """The base address."""
        return self._server.address

    def ledger(self) -> list[Held]:
        """Every sandbox that exists now."""
        return self._fleet.held()

    async def panel(self) -> dict[str, Any]:
        """What the page shows of them."""
        held = [{"id": each.id, "created": each.created.isoformat()} for each in self.ledger()]
        return {"sandboxes": held, "made": self._fleet.made}

    def on_change(self, changed: Callable[[], None]) -> None:
        """Let somebody know when a sandbox is there, or gone."""
        self._fleet.changed = changed

    def bucket(self, name: str) -> Path:
        """The folder of a bucket, made if need be."""
        folder = self._buckets / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def lose(self, sandbox_id: str) -> None:
        """End a sandbox as an accident would: its id stays good for an empty one."""
        await self._fleet.lose(sandbox_id)

    async def sweep(self) -> None:
        """End the sandboxes that were idle for too long, or lived for too long."""
        await self._fleet.sweep()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            await self.sweep()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if request.path != "/health" and not secrets.compare_digest(given, f"Bearer {self.api_key}".encode()):
            return _error(401, "unauthorized", "The key is missing or wrong.")
        try:
            return await handler(request)
        except Refused as refusal:
            return _error(refusal.status, refusal.code, refusal.message)
        except Full as error:
            return _error(503, "capacity_exceeded", str(error))
        except Deleted as error:
            return _error(410, "sandbox_deleted", str(error))
        except SandboxFailed as error:
            return _error(502, "sandbox_error", str(error))
        except web.HTTPException as error:
            return _error(error.status, "invalid_request", error.reason)

    async def _health(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True})

    async def _list(self, _: web.Request) -> web.StreamResponse:
        times = [(each.id, each.created.isoformat(), each.last_used.isoformat()) for each in self.ledger()]
        return web.json_response(
            {"sandboxes": [dict(zip(Held.__slots__, each, strict=True)) for each in times]}
        )

    async def _create(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"id": await self._fleet.create()})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        await self._fleet.delete(requests.sandbox_id(request))
        return web.Response(status=204)

    async def _running(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"running": self._fleet.is_running(requests.sandbox_id(request))})

    async def _pty(self, _: web.Request) -> web.StreamResponse:
        return _error(501, "not_implemented", "There is no terminal here; use exec.")

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        sandbox_id = requests.sandbox_id(request)
        body = await requests.json_body(request)
        order, timeout_ms = requests.command(body, longest=self._limits.command.total_seconds())
        async with self._fleet.using(sandbox_id) as sandbox, sandbox.job(order) as job:
            answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await answer.prepare(request)
            events = ExecEvents(answer, job, self._limits.output, lambda: sandbox.kill(job))
            try:
                async with asyncio.timeout(timeout_ms / 1000):
                    await events.pass_on()
            except TimeoutError:
                sandbox.kill(job)
                await events.pass_on()
                await events.send("stderr", f"Command timed out after {timeout_ms}ms".encode())
                await events.end(TIMED_OUT)
            else:
                await events.end(job.ended.result().code)
        return answer

    async def _read(self, request: web.Request) -> web.StreamResponse:
        path = requests.file_path(request)
        return await self._stream(request, {"op": "read", "path": path})

    async def _persist(self, request: web.Request) -> web.StreamResponse:
        sandbox_id, excluded = requests.sandbox_id(request), requests.excludes(request)
        async with self._fleet.using(sandbox_id) as sandbox, sandbox.lock:
            excluded += [path.removeprefix("/workspace/") for path in sandbox.mounts]
            return await self._stream(request, {"op": "persist", "excludes": excluded})

    async def _stream(self, request: web.Request, order: dict[str, Any]) -> web.StreamResponse:
        """Answer with what a job writes; its failure is known before the first byte, or ends the answer."""
        async with self._fleet.using(requests.sandbox_id(request)) as sandbox, sandbox.job(order) as job:
            chunks = job.stdout.chunks(job.ended)
            first = await anext(chunks, b"")
            if not first:
                await _succeeded(job, READ_ERROR)
            answer = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
            await answer.prepare(request)
            try:
                await answer.write(first)
                async for chunk in chunks:
                    await answer.write(chunk)
            except ConnectionError:
                return answer  # who asked has read enough
            if (await job.ended).code != 0 and request.transport is not None:
                request.transport.abort()
            return answer

    async def _write(self, request: web.Request) -> web.StreamResponse:
        path = requests.file_path(request)
        refusal = Refused(413, "payload_too_large", f"A file has {self._limits.body} bytes at most.")
        body = await requests.body_of(request, self._limits.body, refusal)
        async with (
            self._fleet.using(requests.sandbox_id(request)) as sandbox,
            sandbox.job({"op": "write", "path": path}, body) as job,
        ):
            await _succeeded(job, WRITE_ERROR)
        return web.json_response({"ok": True})

    async def _hydrate(self, request: web.Request) -> web.StreamResponse:
        refusal = requests.invalid(f"A tar has {self._limits.body} bytes at most.")
        body = await requests.body_of(request, self._limits.body, refusal)
        if not body:
            raise requests.invalid("The tar is empty.")
        async with (
            self._fleet.using(requests.sandbox_id(request)) as sandbox,
            sandbox.lock,
            sandbox.job({"op": "hydrate"}, body) as job,
        ):
            await _succeeded(job, WRITE_ERROR)
        return web.json_response({"ok": True})

    async def _mount(self, request: web.Request) -> web.StreamResponse:
        mount = requests.mount(await requests.json_body(request))
        async with self._fleet.using(requests.sandbox_id(request)) as sandbox, sandbox.lock:
            with _mount_errors("mount_error"):
                await sandbox.attach(self._buckets, mount)
        return web.json_response({"ok": True})

    async def _unmount(self, request: web.Request) -> web.StreamResponse:
        target = requests.mount_target(await requests.json_body(request))
        async with self._fleet.using(requests.sandbox_id(request)) as sandbox, sandbox.lock:
            with _mount_errors("unmount_error"):
                await sandbox.detach(target)
        return web.json_response({"ok": True})


@contextlib.contextmanager
def _mount_errors(code: str) -> Generator[None]:
    try:
        yield
    except MountFailed as error:
        raise Refused(502, code, str(error)) from error


async def _succeeded(job: Job, failure: str) -> None:
    """Wait until a job ends; raises `Refused` unless it ended well."""
    reason = await job.stderr.text(job.ended)
    ended = await job.ended
    if ended.code == 0:
        return
    if ended.code == NOT_FOUND and failure == READ_ERROR:
        raise Refused(404, "workspace_read_not_found", "There is no such file.")
    if ended.code == UNSAFE:
        raise requests.invalid(reason)
    raise Refused(502, failure, ended.error or reason or "The sandbox could not do it.")


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": message, "code": code}, status=status)
