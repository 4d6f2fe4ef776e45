"""A small billing service: invoices to read, refunds to make once per idempotency key."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from devkit.billing.faults import Fault, Faults, Of
from devkit.billing.ledger import Ledger, Made, Refused
from devkit.serving import Server

__all__ = ["BillingServer", "Fault", "Of"]


#: How the keys of refunds begin that people of the billing department made.
AT_THE_DESK: Final = "desk-"


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
        self.faults = Faults()
        self._held = 0
        #: The keys of refunds that have come in and are neither made nor refused yet.
        self._in_work: set[str] = set()
        #: Refunds that go on though their caller has left.
        self._left: set[asyncio.Task[Made]] = set()
        self._refunded = asyncio.Event()
        #: How many refunds were asked for, replays included.
        self.requests = 0
        #: How often somebody asked what became of a key.
        self.look_ups = 0
        #: The spans in which refunds were asked for, where whoever asked says so.
        self.traceparents: list[str] = []
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/v1/invoices/{id}", self._invoice)
        app.router.add_post("/v1/refunds", self._refund)
        app.router.add_get("/v1/refunds", self._refunds)
        app.router.add_get("/v1/refunds/by-key/{key}", self._by_key)
        self._server = Server(app)

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on the given one."""
        await self._server.start(port)

    async def stop(self) -> None:
        """Stop listening and close the books."""
        await self._server.stop()
        for task in self._left:
            task.cancel()
        await asyncio.gather(*self._left, return_exceptions=True)
        self._ledger.close()

    @property
    def url(self) -> str:
        """The base address."""
        return self._server.address

    def hold_answers(self, count: int) -> None:
        """Make the next refunds, but never answer them."""
        self._held = count

    def bill(self, invoice_id: str, customer: str, amount: str, currency: str) -> None:
        """Let the billing department write one more invoice."""
        self._ledger.bill(invoice_id, customer, amount, currency)

    def refund_at_the_desk(self, invoice_id: str, amount: str, currency: str = "USD") -> None:
        """Let a person of the billing department make a refund, without anybody's bot."""
        refund = {"invoice_id": invoice_id, "amount": amount, "currency": currency, "reason": "at the desk"}
        self._commit(refund, f"{AT_THE_DESK}{secrets.token_hex(6)}")

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
        invoice = self._ledger.invoice(request.match_info["id"])
        fault = self.faults.next(Of.INVOICE)
        await asyncio.sleep(fault.delay)
        return await _answer(request, fault, invoice)

    async def _refunds(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"refunds": self._ledger.refunds()})

    async def _refund(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if parent := request.headers.get("traceparent"):
            self.traceparents.append(parent)
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            raise Refused(400, "no_key", "A refund needs an Idempotency-Key.")
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(400, "bad_body", "A refund is a JSON object.")
        if key in self._in_work:
            raise Refused(409, "key_in_work", "A refund under this key is being worked on.")
        return await self._as_told(request, key, body)  # pyright: ignore[reportUnknownArgumentType]

    async def _as_told(self, request: web.Request, key: str, body: Mapping[str, Any]) -> web.StreamResponse:
        """Make the refund, or do what is to go wrong with it."""
        fault = self.faults.next(Of.REFUND)
        if not fault.after_commit and not fault.goes_on:
            if fault.delay:
                with self._working(key):
                    await asyncio.sleep(fault.delay)
            if fault.status or fault.drop:
                return await _answer(request, fault, {})
        made = await self._made(body, key, fault)
        if self._held:
            self._held -= 1
            await asyncio.Event().wait()
        if fault.after_commit:
            await asyncio.sleep(fault.delay)
        headers = {"Idempotent-Replayed": "true"} if made.replayed else {}
        return await _answer(request, fault, made.refund, 201, headers=headers)

    async def _made(self, body: Mapping[str, Any], key: str, fault: Fault) -> Made:
        """Make a refund, at once or after a delay that its caller does not end."""
        if not fault.goes_on:
            return self._commit(body, key, fault.makes)
        task = asyncio.create_task(self._late(body, key, fault.delay))
        self._left.add(task)
        task.add_done_callback(self._left.discard)
        return await asyncio.shield(task)

    async def _late(self, body: Mapping[str, Any], key: str, delay: float) -> Made:
        with self._working(key):
            await asyncio.sleep(delay)
            return self._commit(body, key)

    def _commit(self, body: Mapping[str, Any], key: str, amount: str = "") -> Made:
        made = self._ledger.refund(body, key, amount=amount)
        self.on_change()
        self._refunded.set()
        return made

    @contextmanager
    def _working(self, key: str) -> Generator[None]:
        """Let a key count as in work for a while."""
        self._in_work.add(key)
        try:
            yield
        finally:
            self._in_work.discard(key)

    async def _by_key(self, request: web.Request) -> web.StreamResponse:
        """What became of a key: the refund, a 404, or a 409 while it is being worked on."""
        self.look_ups += 1
        fault = self.faults.next(Of.LOOK_UP)
        await asyncio.sleep(fault.delay)
        return await _answer(request, fault, *self._of_key(request.match_info["key"]))

    def _of_key(self, key: str) -> tuple[Mapping[str, Any], int]:
        if key in self._in_work:
            return _problem("key_in_work", "A refund under this key is being worked on."), 409
        try:
            return self._ledger.by_key(key), 200
        except Refused as refusal:
            return _problem(refusal.code, refusal.message), refusal.status


async def _answer(
    request: web.Request,
    fault: Fault,
    body: Mapping[str, Any],
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Answer as it would have been, or as the fault has it."""
    if fault.drop and request.transport is not None:
        request.transport.abort()
    if fault.status:
        answer = _error(fault.status, "fault", "The service is broken on request.")
        if fault.retry_after:
            answer.headers["Retry-After"] = fault.retry_after
        return answer
    if fault.cut:
        return await _cut(request, json.dumps(body).encode(), status)
    return web.json_response(body, status=status, headers=headers)


async def _cut(request: web.Request, body: bytes, status: int) -> web.StreamResponse:
    """Announce a whole body, send half of it, and break the connection off."""
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # what was written still goes out
    return response


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response(_problem(code, message), status=status)


def _problem(code: str, message: str) -> Mapping[str, Any]:
    return {"error": {"code": code, "message": message}}
