"""A small billing service: invoices to read, refunds to make once per idempotency key."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from devkit.billing.ledger import Ledger, Refused
from devkit.serving import Server


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next refunds: an error status, a delay, a lost answer."""

    status: int = 0
    delay: float = 0.0
    drop_after_commit: bool = False
    times: int = 1


class BillingServer:
    """Speaks HTTP on 127.0.0.1; `on_change` is called after every refund."""

    def __init__(self, path: str = ":memory:") -> None:
        self._ledger = Ledger(
            path,
            now=lambda: datetime.now(UTC),  # noqa: TID251 - a server of its own has a clock of its own
            token=lambda: secrets.token_hex(6),
        )
        self.api_key = f"billing-{secrets.token_hex(8)}"
        self.on_change: Callable[[], None] = lambda: None
        self.faults: list[Fault] = []
        self._held = 0
        self._refunded = asyncio.Event()
        #: How many refunds were asked for, replays included.
        self.requests = 0
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/v1/invoices/{id}", self._invoice)
        app.router.add_post("/v1/refunds", self._refund)
        app.router.add_get("/v1/refunds", self._refunds)
        self._server = Server(app)

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on the given one."""
        await self._server.start(port)

    async def stop(self) -> None:
        """Stop listening and close the books."""
        await self._server.stop()
        self._ledger.close()

    @property
    def url(self) -> str:
        """The base address."""
        return self._server.address

    def hold_answers(self, count: int) -> None:
        """Make the next refunds, but never answer them."""
        self._held = count

    async def when_refunded(self) -> None:
        """Wait until a refund is in the books."""
        await self._refunded.wait()

    def ledger(self) -> list[dict[str, Any]]:
        """Every refund that was made."""
        return self._ledger.refunds()

    async def panel(self) -> dict[str, Any]:
        """What the page shows of the books."""
        return {"invoices": self._ledger.invoices(), "refunds": self._ledger.refunds()}

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _error(401, "unauthorized", "The key is missing or wrong.")
        try:
            return await handler(request)
        except Refused as refusal:
            return _error(refusal.status, refusal.code, refusal.message)

    async def _invoice(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._ledger.invoice(request.match_info["id"]))

    async def _refunds(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"refunds": self._ledger.refunds()})

    async def _refund(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            raise Refused(400, "no_key", "A refund needs an Idempotency-Key.")
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(400, "bad_body", "A refund is a JSON object.")
        fault = self._next_fault()
        await asyncio.sleep(fault.delay)
        if fault.status:
            return _error(fault.status, "fault", "The service is broken on request.")
        made = self._ledger.refund(body, key)  # pyright: ignore[reportUnknownArgumentType]
        self.on_change()
        self._refunded.set()
        if self._held:
            self._held -= 1
            await asyncio.Event().wait()
        if fault.drop_after_commit and request.transport is not None:
            request.transport.abort()
        headers = {"Idempotent-Replayed": "true"} if made.replayed else None
        return web.json_response(made.refund, status=201, headers=headers)

    def _next_fault(self) -> Fault:
        if not self.faults:
            return Fault()
        fault = self.faults[0]
        fault.times -= 1
        if fault.times <= 0:
            self.faults.pop(0)
        return fault


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
